// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

const root = "/proc/sys"

// value is what one namespace has of a key.
type value struct {
	text string
	// writable is what the file's mode says.
	writable bool
	// err is why it cannot be read, such as a key that can only be written.
	err error
}

// values are those of one namespace, by the file's path below /proc/sys.
type values map[string]value

// readHere reads the keys below net of the namespace that this thread is in:
// /proc/sys/net is that of whoever opens it.
func readHere() (values, error) {
	all := values{}
	err := filepath.WalkDir(filepath.Join(root, "net"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			// A device that goes away takes its directory with it.
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if d.IsDir() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		v := value{writable: info.Mode().Perm()&0o222 != 0}
		var data []byte
		if data, v.err = os.ReadFile(path); v.err == nil {
			v.text = strings.Join(strings.Fields(string(data)), " ")
		}
		all[strings.TrimPrefix(path, root+"/")] = v
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s/net: %w", root, err)
	}
	return all, nil
}

// readIn reads those of the namespace at path.
func readIn(path string) (values, error) {
	return onThread(func() error {
		ns, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("opening network namespace: %w", err)
		}
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("entering network namespace %s: %w", path, err)
		}
		return nil
	})
}

// readNew reads those of a namespace made for it, which is gone afterwards: what
// a namespace would get now.
func readNew() (values, error) {
	return onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("making a network namespace to look at: %w", err)
		}
		return nil
	})
}

// onThread reads in the namespace that enter takes a thread to, and goes back. A
// thread that cannot ends with it.
func onThread(enter func() error) (all values, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		home, openErr := os.Open("/proc/thread-self/ns/net")
		if openErr != nil {
			err = fmt.Errorf("opening own network namespace: %w", openErr)
			runtime.UnlockOSThread()
			return
		}
		defer home.Close()
		if err = enter(); err == nil {
			all, err = readHere()
		}
		// The process's first thread does not end, and is what /proc/self shows.
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
	}()
	<-done
	return all, err
}
