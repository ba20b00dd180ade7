// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// placement is where a sending thread runs.
type placement struct {
	// cpu is the one it stays on, -1 any.
	cpu int
	// migrate is the time after which it is moved to the next one, 0 never.
	migrate time.Duration
}

func (p placement) validate() error {
	switch {
	case p.migrate < 0:
		return fmt.Errorf("moving the sender every %v: want a positive time, or 0 to leave it", p.migrate)
	case p.migrate > 0 && p.cpu >= 0:
		return fmt.Errorf("a sender pinned to CPU %d cannot be moved every %v as well", p.cpu, p.migrate)
	}
	return nil
}

// onSender is onThread for a sender, which is moved if it is to be; moves counts
// that. If it cannot be moved any more, the context that fn is given ends.
func onSender(ctx context.Context, netns string, at placement, moves *uint64, fn func(context.Context) error) error {
	return onThread(netns, at.cpu, func() error {
		if at.migrate == 0 {
			return fn(ctx)
		}
		cpus, err := cpusToMove()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		wait, err := startMoving(ctx, cancel, cpus, at.migrate, moves)
		if err != nil {
			return err
		}
		err = fn(ctx)
		cancel()
		return errors.Join(err, wait())
	})
}

// startMoving puts the calling thread, which must be locked, on the first of
// these CPUs, and from another thread on the next one each time so much has
// passed, until ctx ends. wait waits for that. When a move has failed, failed is
// called and wait returns why.
func startMoving(ctx context.Context, failed func(), cpus []int, every time.Duration, moves *uint64) (wait func() error, err error) {
	tid := unix.Gettid()
	if err := moveThread(tid, cpus[0]); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // what naps and moves is to be one thread, and the same
		defer runtime.UnlockOSThread()
		for napFor(ctx, every) {
			next := cpus[(*moves+1)%uint64(len(cpus))]
			if err := moveThread(tid, next); err != nil {
				failed()
				done <- err
				return
			}
			*moves++
		}
		done <- nil
	}()
	return func() error { return <-done }, nil
}

// moveThread returns when the thread is on that CPU, which may be after the
// softirq it is in the middle of.
func moveThread(tid, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(tid, &set); err != nil {
		return fmt.Errorf("moving the sender to CPU %d: %w", cpu, err)
	}
	return nil
}

// cpusToMove are those that the calling thread can be moved between.
func cpusToMove() ([]int, error) {
	cpus, err := allowedCPUs()
	if err == nil && len(cpus) < 2 {
		err = fmt.Errorf("moving the sender between CPUs needs two, and it may use only CPU %d", cpus[0])
	}
	return cpus, err
}

// allowedCPUs are those that the calling thread may use, at least one.
func allowedCPUs() (cpus []int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("reading the CPUs to use: %w", err)
	}
	for cpu := range 8 * int(unsafe.Sizeof(set)) {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}
