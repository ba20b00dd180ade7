// SPDX-License-Identifier: Apache-2.0

package path

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

// watchOf follows packets of the ping that goes on.
func watchOf(t *testing.T, filter tracer.Filter) []Journey {
	t.Helper()
	return mustRun(t, Options{Count: 3, Watch: &filter})
}

// Packets that others send, each with its answer.
func TestWatch(t *testing.T) {
	n := pathtest.New(t)
	stop := pathtest.KeepPinging(t, n.Client, n.V4.Server)
	defer stop()
	for _, j := range watchOf(t, tracer.Filter{Netns: findNetns(t, n.Client).Inode, Proto: protoICMP, Prefix: netip.PrefixFrom(n.V4.Server, 32)}) {
		// It may be the answer to one that came too early.
		if got := story(n, &j); got != toServer+toClient+"delivered (answer)" && got != "receive client/eth0, delivered" {
			t.Errorf("packet %d: got %s", j.Probe.Number, got)
		}
	}
}

// Nothing is followed that the filter leaves out, and ctx ends it.
func TestWatchNothing(t *testing.T) {
	n := pathtest.New(t)
	stop := pathtest.KeepPinging(t, n.Client, n.V4.Server)
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r, err := Run(ctx, Options{Count: 3, Watch: &tracer.Filter{Prefix: netip.MustParsePrefix("192.0.2.77/32")}})
	if err != nil || len(r.Journeys) != 0 {
		t.Errorf("got %+v, %v; want no journeys", r, err)
	}
}

// A dropped packet of a connection that was open.
func TestWatchDropped(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Shell(t, n.Router, "echo 0 >/proc/sys/net/ipv4/ip_forward")
	stop := pathtest.KeepPinging(t, n.Client, n.V4.Server)
	defer stop()
	for _, j := range watchOf(t, tracer.Filter{Netns: findNetns(t, n.Client).Inode, Proto: protoICMP}) {
		if j.End.Outcome != Dropped || j.End.Last.Drop.Function != "ip_error" || roleOf(n, j.End.Netns.Name) != "router" {
			t.Errorf("packet %d: got %s", j.Probe.Number, story(n, &j))
		}
	}
}
