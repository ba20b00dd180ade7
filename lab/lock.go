// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// runDir holds the journals, and is gone when there is none.
const runDir = "/run/vethtrace"

// lock waits until no other process or goroutine changes labs. The kernel
// drops the lock of a killed process.
func lock() (unlock func() error, err error) {
	path := filepath.Join(runDir, "lock")
	for {
		if err := os.MkdirAll(runDir, 0o755); err != nil {
			return nil, fmt.Errorf("creating %s: %w", runDir, err)
		}
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if errors.Is(err, os.ErrNotExist) {
			continue // the last holder removed the directory in between
		}
		if err != nil {
			return nil, fmt.Errorf("opening lock: %w", err)
		}
		if err := flock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if named(f, path) {
			return func() error { return release(f, path) }, nil
		}
		f.Close() // the holder we waited for has removed this file
	}
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("locking %s: %w", f.Name(), err)
		}
		return nil
	}
}

func named(f *os.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Lstat(path)
	return err == nil && os.SameFile(held, now)
}

// release removes the lock file while still holding it, if it is all there is
// in the directory: see the check in lock.
func release(f *os.File, path string) error {
	var errs []error
	if entries, err := os.ReadDir(runDir); err == nil && len(entries) == 1 && entries[0].Name() == "lock" {
		if err := os.Remove(path); err != nil {
			errs = append(errs, fmt.Errorf("removing lock: %w", err))
		}
		if err := os.Remove(runDir); err != nil && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("removing %s: %w", runDir, err))
		}
	}
	if err := f.Close(); err != nil {
		errs = append(errs, fmt.Errorf("closing lock: %w", err))
	}
	return errors.Join(errs...)
}
