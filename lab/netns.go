// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sys/unix"
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

// inNetns runs fn on a thread inside the namespace of that name or path. fn must neither lock
// its thread nor rely on goroutines it starts being inside.
func inNetns(name string, fn func() error) error {
	ns, err := openNetns(name)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := inNetnsFile(ns, fn); err != nil {
		return fmt.Errorf("in namespace %q: %w", name, err)
	}
	return nil
}

func inNetnsFile(ns *os.File, fn func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = onForeignThread(func() error {
			if err := setNetns(ns); err != nil {
				return err
			}
			return fn()
		})
	}()
	<-done
	return err
}

// newNetns makes a namespace that lives as long as the returned file, unless
// something else takes hold of it.
func newNetns() (ns *os.File, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = onForeignThread(func() (err error) {
			if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("unsharing: %w", err)
			}
			ns, err = os.Open("/proc/thread-self/ns/net")
			return err
		})
	}()
	<-done
	if err != nil && ns != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return ns, err
}

// onForeignThread runs fn, which may change the thread's namespace, and puts
// the thread back. When that fails the goroutine stays locked to its thread, so
// that the Go runtime ends the thread instead of reusing it.
func onForeignThread(fn func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("opening own namespace: %w", err)
	}
	defer home.Close()
	err = fn()
	if restoreErr := setNetns(home); restoreErr != nil {
		return errors.Join(err, fmt.Errorf("going back (this thread ends): %w", restoreErr))
	}
	runtime.UnlockOSThread()
	return err
}

func setNetns(ns *os.File) error {
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering namespace %s: %w", ns.Name(), err)
	}
	return nil
}
