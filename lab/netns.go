// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/nsenter"
)

// netnsDir is where iproute2 keeps named namespaces.
const netnsDir = "/run/netns"

func netnsPath(name string) string { return filepath.Join(netnsDir, name) }

// openNetns opens a namespace by its name or absolute path. The caller closes it.
func openNetns(ref string) (*os.File, error) {
	path := ref
	if !filepath.IsAbs(ref) {
		if err := validatePathName("namespace", ref); err != nil {
			return nil, err
		}
		path = netnsPath(ref)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening namespace: %w", err)
	}
	return f, nil
}

// InNetns runs fn in the namespace of that name or path: see [nsenter.In].
func InNetns(name string, fn func() error) error {
	ns, err := openNetns(name)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := nsenter.In(ns, fn); err != nil {
		return fmt.Errorf("in namespace %q: %w", name, err)
	}
	return nil
}
