// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"
	"time"
)

// fakeNames knows no namespace, and asks about none.
func fakeNames(now func() time.Time) *names {
	if now == nil {
		now = func() time.Time { return time.Unix(1, 0) }
	}
	return &names{
		netns:   map[uint32]Netns{},
		ifnames: make(map[DeviceID]string),
		asked:   make(map[uint32]time.Time),
		listed:  now(),
		now:     now,
	}
}

func TestNamesAskSeldom(t *testing.T) {
	clock := time.Unix(1_000_000, 0)
	n := fakeNames(func() time.Time { return clock })
	gone := DeviceID{Netns: 1, Ifindex: 2} // no namespace has this inode
	asked := func() time.Time { return n.asked[gone.Netns] }

	n.find([]DeviceID{gone})
	first := clock
	if asked() != first || n.listed != first {
		t.Errorf("asked at %v, listed at %v, want %v", asked(), n.listed, first)
	}
	clock = clock.Add(retryAfter - 1)
	n.find([]DeviceID{gone})
	if asked() != first {
		t.Errorf("asked again after %v, want not within %v", clock.Sub(first), retryAfter)
	}
	clock = clock.Add(1)
	n.find([]DeviceID{gone})
	if asked() != clock || n.listed != clock {
		t.Errorf("after %v: asked at %v, listed at %v, want %v", retryAfter, asked(), n.listed, clock)
	}
}

// What the kernel side saw is not replaced by what netlink says later.
func TestNamesSawStays(t *testing.T) {
	n := fakeNames(nil)
	d := DeviceID{Netns: 1, Ifindex: 2}
	if n.known(d) {
		t.Error("known before anything was seen")
	}
	n.saw(d, "eth0")
	if n.known(d) {
		t.Error("known without its namespace")
	}
	n.netns[1] = Netns{Inode: 1, Name: "demo", Path: "/nowhere"}
	if !n.known(d) {
		t.Error("not known")
	}
	n.find([]DeviceID{{Netns: 1, Ifindex: 3}}) // the namespace is gone
	if got, want := n.of(d), (DeviceName{DeviceID: d, NetnsName: "demo", Ifname: "eth0"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, want := range map[DeviceName]string{
		n.of(d):                                 "demo/eth0",
		n.of(DeviceID{Netns: 5, Ifindex: 6}):    "5/if6",
		{DeviceID: DeviceID{5, 6}, Ifname: "a"}: "5/a",
	} {
		if got := name.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A namespace that is made while the trace runs is found later.
func TestNamesFindsNewNamespace(t *testing.T) {
	clock := time.Unix(1_000_000, 0)
	n := fakeNames(func() time.Time { return clock })
	l := newLab(t)
	d := deviceIDOf(l.Ends[0])
	n.find([]DeviceID{d})
	if n.known(d) {
		t.Fatal("found in a list that is older")
	}
	clock = clock.Add(retryAfter)
	n.find([]DeviceID{d})
	want := DeviceName{DeviceID: d, NetnsName: l.Ends[0].Netns, Ifname: "eth0"}
	if got := n.of(d); got != want || !n.known(d) {
		t.Errorf("got %v, want %v", got, want)
	}
}
