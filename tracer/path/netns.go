// SPDX-License-Identifier: Apache-2.0

package path

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
)

// inNetns runs fn on a thread inside the namespace. What fn opens stays there.
func inNetns(ns tracer.Netns, fn func() error) error {
	target, err := os.Open(ns.Path)
	if err != nil {
		return fmt.Errorf("opening network namespace: %w", err)
	}
	defer target.Close()
	done := make(chan error)
	go func() { done <- onThreadIn(target, fn) }()
	return <-done
}

// onThreadIn leaves the goroutine locked to its thread when that cannot be put
// back, so that the Go runtime ends the thread.
func onThreadIn(target *os.File, fn func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("opening own network namespace: %w", err)
	}
	defer home.Close()
	// To enter the own one takes rights, too, that are not needed then.
	if isSame(home, target) {
		runtime.UnlockOSThread()
		return fn()
	}
	if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("entering network namespace %s: %w", target.Name(), err)
	}
	err = fn()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("leaving network namespace %s: %w", target.Name(), back))
	}
	runtime.UnlockOSThread()
	return err
}

func isSame(a, b *os.File) bool {
	infoA, errA := a.Stat()
	infoB, errB := b.Stat()
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}
