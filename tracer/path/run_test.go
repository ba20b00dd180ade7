// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

func findNetns(t testing.TB, name string) tracer.Netns {
	t.Helper()
	ns, err := tracer.FindNetns(name)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

// run sends probes from the client.
func run(t testing.TB, n *pathtest.Network, to netip.Addr, proto uint8, port uint16) *Result {
	t.Helper()
	r, err := Run(t.Context(), Options{
		From: findNetns(t, n.Client), To: to, Proto: proto, Port: port,
		Count: 3, Interval: 10 * time.Millisecond, Size: 56,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Losses != (Losses{}) {
		t.Errorf("lost %+v", r.Losses)
	}
	return r
}

func show(t testing.TB, r *Result) {
	for _, j := range r.Journeys {
		t.Logf("probe %d %+v", j.Probe.Number, j.Probe)
		for _, way := range [][]Sighting{j.Out, j.Back} {
			for _, s := range way {
				t.Logf("  %6d us cpu%d %-8v %-40v %v > %v id %d ttl %d len %d %+v %+v", int64(s.TSNS-j.Probe.SentNS)/1000, s.CPU, s.Point, s.Device, s.Flow.Src, s.Flow.Dst, s.Flow.ID, s.TTL, s.LenBytes, s.Drop, s.ICMP)
			}
		}
		t.Logf("  END %v answer %t netns %v in %v out %v icmp %v err %v", j.End.Outcome, j.End.Answer, j.End.Netns, j.End.In, j.End.Out, j.End.ICMP, j.End.Error)
	}
}

func TestPing(t *testing.T) {
	n := pathtest.New(t)
	show(t, run(t, n, n.V4.Server, 1, 0))
	show(t, run(t, n, n.V6.Server, 58, 0))
	show(t, run(t, n, n.V4.Server, 17, 33434))
	show(t, run(t, n, n.V6.Server, 6, 80))
	pathtest.Shell(t, n.Router, "echo 0 >/proc/sys/net/ipv4/ip_forward")
	show(t, run(t, n, n.V4.Server, 1, 0))
}
