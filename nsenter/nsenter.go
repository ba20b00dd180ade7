// SPDX-License-Identifier: Apache-2.0

// Package nsenter runs functions in other network namespaces than the process's,
// which takes CAP_SYS_ADMIN. Sockets and files below /proc/sys/net that such a
// function opens stay bound to that namespace; it finds it at
// /proc/thread-self/net, while /proc/self is the process's first thread. It must
// neither lock its thread nor rely on goroutines it starts being inside.
package nsenter

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

const own = "/proc/thread-self/ns/net"

// At runs fn in the namespace at a path.
func At(path string, fn func() error) error {
	ns, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening network namespace: %w", err)
	}
	defer ns.Close()
	return In(ns, fn)
}

// In runs fn in an open namespace, and returns its error. The own namespace
// needs no privilege.
func In(ns *os.File, fn func() error) error {
	return onThread(func(home *os.File) (moved bool, err error) {
		if isSame(home, ns) {
			return false, nil
		}
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			return false, fmt.Errorf("entering network namespace %s: %w", ns.Name(), err)
		}
		return true, nil
	}, fn)
}

// InNew runs fn in a namespace that is made for it, and that is gone afterwards
// unless fn takes hold of it.
func InNew(fn func() error) error {
	return onThread(func(*os.File) (moved bool, err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return false, fmt.Errorf("making a network namespace: %w", err)
		}
		return true, nil
	}, fn)
}

// New makes a namespace, which lives as long as the returned file unless
// something else takes hold of it.
func New() (ns *os.File, err error) {
	err = InNew(func() (err error) {
		ns, err = os.Open(own)
		return err
	})
	if err != nil && ns != nil {
		return nil, errors.Join(err, ns.Close())
	}
	return ns, err
}

// onThread enters a namespace on a thread, runs fn and goes back.
func onThread(enter func(home *os.File) (moved bool, err error), fn func() error) (err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = onThisThread(enter, fn)
	}()
	<-done
	return err
}

// onThisThread leaves the goroutine locked to its thread when that cannot go
// back, so that the Go runtime ends the thread instead of reusing it.
func onThisThread(enter func(home *os.File) (moved bool, err error), fn func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(own)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("opening own network namespace: %w", err)
	}
	defer home.Close()
	moved, err := enter(home)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	err = fn()
	if !moved {
		runtime.UnlockOSThread()
		return err
	}
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("going back (this thread ends): %w", back))
	}
	runtime.UnlockOSThread()
	return err
}

func isSame(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
