// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"os/exec"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/vethtrace/vethtrace/lab"
)

// inNetns runs fn on a thread inside the named namespace. A thread that cannot
// be put back ends with its goroutine.
func inNetns(t testing.TB, name string, fn func() error) {
	t.Helper()
	done := make(chan error)
	go func() { done <- onThreadIn(name, fn) }()
	if err := <-done; err != nil {
		t.Fatalf("in namespace %s: %v", name, err)
	}
}

func onThreadIn(name string, fn func() error) error {
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		return err
	}
	defer home.Close()
	ns, err := netns.GetFromName(name)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := netns.Set(ns); err != nil {
		return err
	}
	err = fn()
	if netns.Set(home) == nil {
		runtime.UnlockOSThread()
	}
	return err
}

// linkCounters are a device's own counters, by rtnetlink.
type linkCounters struct {
	rxPackets, rxBytes, rxDropped, txPackets, txDropped uint64
}

func (c linkCounters) since(b linkCounters) linkCounters {
	return linkCounters{
		c.rxPackets - b.rxPackets, c.rxBytes - b.rxBytes, c.rxDropped - b.rxDropped,
		c.txPackets - b.txPackets, c.txDropped - b.txDropped,
	}
}

// linkCountersOf reads both ends.
func linkCountersOf(t testing.TB, l *lab.Lab) (both [2]linkCounters) {
	t.Helper()
	for i, e := range l.Ends {
		inNetns(t, e.Netns, func() error {
			link, err := netlink.LinkByIndex(e.Ifindex)
			if err != nil {
				return err
			}
			s := link.Attrs().Statistics
			both[i] = linkCounters{s.RxPackets, s.RxBytes, s.RxDropped, s.TxPackets, s.TxDropped}
			return nil
		})
	}
	return both
}

// command runs a program inside the named namespace.
func command(t testing.TB, netns string, args ...string) {
	t.Helper()
	inNetns(t, netns, func() error {
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("%q: %w: %s", args, err, out)
		}
		return nil
	})
}
