// SPDX-License-Identifier: Apache-2.0

package path

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

// fromClient are three probes of 56 bytes.
func fromClient(t testing.TB, n *pathtest.Network, to netip.Addr, proto uint8) Options {
	t.Helper()
	opts := Options{
		From: findNetns(t, n.Client), To: to, Proto: proto,
		Count: 3, Interval: 10 * time.Millisecond, Size: 56,
	}
	if proto == protoTCP || proto == protoUDP {
		opts.Port = 4321
	}
	return opts
}

func mustRun(t testing.TB, opts Options) []Journey {
	t.Helper()
	r, err := Run(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if r.Losses.Ringbuf != 0 || r.Losses.TableFull != 0 {
		t.Errorf("lost %+v", r.Losses)
	}
	if len(r.Journeys) != opts.Count {
		t.Fatalf("got %d journeys, want %d", len(r.Journeys), opts.Count)
	}
	for i := range r.Journeys {
		if got := r.Journeys[i].Probe.Number; got != i+1 {
			t.Errorf("journey %d has number %d", i+1, got)
		}
	}
	return r.Journeys
}

// story is a journey in words: each sighting but those of queues and ends, where
// the namespaces go by their role.
func story(n *pathtest.Network, j *Journey) string {
	var b strings.Builder
	for _, way := range [][]Sighting{j.Out, j.Back} {
		for _, s := range way {
			if s.Point == PointXmit || s.Point == PointReceive || s.Point == PointDrop {
				fmt.Fprintf(&b, "%v %s, ", s.Point, placeOf(n, &s))
				if s.Drop != nil {
					fmt.Fprintf(&b, "%s, ", s.Drop.Function)
				}
			}
		}
	}
	fmt.Fprintf(&b, "%v", j.End.Outcome)
	if j.End.Answer {
		b.WriteString(" (answer)")
	}
	return b.String()
}

func placeOf(n *pathtest.Network, s *Sighting) string {
	return roleOf(n, s.Device.NetnsName) + "/" + s.Device.Ifname
}

func roleOf(n *pathtest.Network, netns string) string {
	switch netns {
	case n.Client:
		return "client"
	case n.Router:
		return "router"
	case n.Server:
		return "server"
	}
	return netns
}

const (
	toServer = "xmit client/eth0, receive router/port, receive router/br0, xmit router/out, receive server/eth0, "
	toClient = "xmit server/eth0, receive router/out, xmit router/br0, xmit router/port, receive client/eth0, "
)

// Through the bridge, the router and NAT, and back again.
func TestAnswered(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Listen(t, n.Server, 4321)
	for _, a := range []pathtest.Addresses{n.V4, n.V6} {
		ping := uint8(protoICMP)
		if a.Server.Is6() {
			ping = protoICMPv6
		}
		for _, proto := range []uint8{ping, protoTCP, protoUDP} {
			t.Run(fmt.Sprintf("%v proto %d", a.Server, proto), func(t *testing.T) {
				for _, j := range mustRun(t, fromClient(t, n, a.Server, proto)) {
					if got := story(n, &j); got != toServer+toClient+"answered (answer)" {
						t.Errorf("probe %d: got %s", j.Probe.Number, got)
					}
					if j.Probe.AnswerNS == 0 {
						t.Errorf("probe %d has no time of its answer", j.Probe.Number)
					}
					wantNAT(t, a, &j)
				}
			})
		}
	}
}

// wantNAT checks the addresses at each place: the client's on its side of the
// router, the router's on the other.
func wantNAT(t *testing.T, a pathtest.Addresses, j *Journey) {
	t.Helper()
	for i, s := range append(append([]Sighting(nil), j.Out...), j.Back...) {
		want := [2]netip.Addr{a.Client, a.Server}
		if s.Device.Ifname == pathtest.Out || strings.HasSuffix(s.Device.NetnsName, "-server") {
			want[0] = a.Out
		}
		if i >= len(j.Out) {
			want[0], want[1] = want[1], want[0]
		}
		if got := [2]netip.Addr{s.Flow.Src.Addr(), s.Flow.Dst.Addr()}; got != want {
			t.Errorf("%v at %v: got %v, want %v", s.Point, s.Device, got, want)
		}
		if s.Flow.ID != j.Probe.Flow.ID || s.Flow.Proto != j.Probe.Flow.Proto {
			t.Errorf("%v at %v is of another flow: %+v", s.Point, s.Device, s.Flow)
		}
	}
}

// Others' packets over the same devices are not followed.
func TestFollowsNoOthers(t *testing.T) {
	n := pathtest.New(t)
	stop := pathtest.KeepPinging(t, n.Client, n.V4.Server)
	defer stop()
	opts := fromClient(t, n, n.V4.Server, protoICMP)
	opts.Count = 30
	for _, j := range mustRun(t, opts) {
		if got := story(n, &j); got != toServer+toClient+"answered (answer)" {
			t.Errorf("probe %d: got %s", j.Probe.Number, got)
		}
	}
}

func TestToItself(t *testing.T) {
	n := pathtest.New(t)
	const over = "xmit client/lo, receive client/lo, "
	for _, to := range []string{"127.0.0.1", "::1", n.V4.Client.String()} {
		addr, proto := netip.MustParseAddr(to), uint8(protoICMP)
		if addr.Is6() {
			proto = protoICMPv6
		}
		for _, j := range mustRun(t, fromClient(t, n, addr, proto)) {
			if got := story(n, &j); got != over+over+"answered (answer)" {
				t.Errorf("%s, probe %d: got %s", to, j.Probe.Number, got)
			}
		}
	}
}
