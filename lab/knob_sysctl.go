// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/vethtrace/vethtrace/nsenter"
)

// sysctlKnob is a file below /proc/sys/net, which shows the namespace of the
// thread that opens it.
type sysctlKnob struct{}

// check turns net.ipv4.tcp_rmem into net/ipv4/tcp_rmem. A device with a dot in
// its name needs the latter, as with sysctl.
func (sysctlKnob) check(s Setting) (Setting, error) {
	key := s.Key
	if !strings.Contains(key, "/") {
		key = strings.ReplaceAll(key, ".", "/")
	}
	if !strings.HasPrefix(key, "net/") || path.Clean(key) != key {
		return s, fmt.Errorf("sysctl %q: only those under net belong to a namespace, such as net.ipv4.tcp_rmem", s.Key)
	}
	if path.Base(key) == "disable_ipv6" {
		return s, fmt.Errorf("sysctl %q: the kernel forgets the addresses and routes, so that it could not be undone", s.Key)
	}
	s.Key = key
	s.Value = strings.Join(strings.Fields(s.Value), " ")
	return s, nil
}

func sysctlPath(key string) string { return "/proc/sys/" + key }

func isIPv6Key(key string) bool { return strings.HasPrefix(key, "net/ipv6/") }

func readTrimmed(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading sysctl: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (sysctlKnob) read(ns *os.File, s Setting) (value string, err error) {
	err = nsenter.In(ns, func() (err error) {
		value, err = readTrimmed(sysctlPath(s.Key))
		value = strings.ReplaceAll(value, "\t", " ")
		return err
	})
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("there is no %s: it is misspelt, its module is not loaded, or it exists only in the initial namespace: %w", s.what(), err)
	}
	return value, err
}

func (sysctlKnob) write(ns *os.File, s Setting, value string) error {
	return nsenter.In(ns, func() error {
		if err := os.WriteFile(sysctlPath(s.Key), []byte(value), 0); err != nil {
			return fmt.Errorf("writing sysctl: %w", err)
		}
		return nil
	})
}

func (sysctlKnob) same(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}

func (sysctlKnob) script(s Setting, value string) []string {
	return []string{in(s.Netns, "sysctl -w "+quote(s.dottedKey()+"="+value))}
}
