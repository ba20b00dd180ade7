// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// inNetns runs fn on a thread in a namespace under /run/netns: what fn opens stays
// there, what it reads below /proc/thread-self/net and /proc/sys/net is of there.
func inNetns(name string, fn func() error) error {
	ns, err := os.Open(filepath.Join("/run/netns", name))
	if err != nil {
		return fmt.Errorf("opening namespace: %w", err)
	}
	defer ns.Close()
	done := make(chan error)
	go func() { done <- onThreadIn(ns, fn) }()
	if err := <-done; err != nil {
		return fmt.Errorf("in namespace %q: %w", name, err)
	}
	return nil
}

// onThreadIn leaves the goroutine locked to its thread when that cannot be put
// back, so that the Go runtime ends the thread.
func onThreadIn(ns *os.File, fn func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("opening own namespace: %w", err)
	}
	defer home.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("entering it: %w", err)
	}
	err = fn()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("leaving it: %w", back))
	}
	runtime.UnlockOSThread()
	return err
}

// readSysctls reads values in a namespace.
func readSysctls(netns string, keys ...string) (values []string, err error) {
	err = inNetns(netns, func() error {
		for _, key := range keys {
			text, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(key, ".", "/"))
			if err != nil {
				return fmt.Errorf("reading %s: %w", key, err)
			}
			values = append(values, strings.TrimSpace(string(text)))
		}
		return nil
	})
	return values, err
}

// kernelCounter reads what the kernel itself has counted in a namespace, by the
// name that nstat has for it: IpInAddrErrors, Ip6InAddrErrors, TcpExtTCPKeepAlive.
func kernelCounter(netns, name string) (n uint64, err error) {
	err = inNetns(netns, func() error {
		for _, file := range []string{"snmp", "netstat", "snmp6"} {
			text, err := os.ReadFile("/proc/thread-self/net/" + file)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return fmt.Errorf("reading counters: %w", err)
			}
			value, ok := findCounter(string(text), name)
			if !ok {
				continue
			}
			if n, err = strconv.ParseUint(value, 10, 64); err != nil {
				return fmt.Errorf("counter %s: %w", name, err)
			}
			return nil
		}
		return fmt.Errorf("this kernel has no counter %s", name)
	})
	return n, err
}

// findCounter finds a value in a file of names above values, each line with its
// group, or of a name and a value in each line.
func findCounter(text, name string) (value string, ok bool) {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == name {
			return fields[1], true
		}
		if len(names) == len(fields) && len(names) > 0 && names[0] == fields[0] {
			for i, field := range names {
				if strings.TrimSuffix(names[0], ":")+field == name {
					return fields[i], true
				}
			}
		}
		names = fields
	}
	return "", false
}
