// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"os/exec"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/vethtrace/vethtrace/lab"
)

// routed is a client that reaches a server through a router that puts its own
// address in place of the client's.
type routed struct {
	// first is the pair from client to router, second from router to server.
	first, second *lab.Lab
	// through is client and server.
	through *lab.Lab
}

func routeWithNAT(t testing.TB) routed {
	t.Helper()
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("needs nft")
	}
	one, two := newLab(t), newLab(t)
	client, router := one.Ends[0], one.Ends[1]
	second := addPair(t, [2]string{router.Netns, two.Ends[0].Netns}, [2]string{"out", "server"})
	out, server := &second.Ends[0], &second.Ends[1]
	addAddress(t, out, "192.0.2.1/24")
	addAddress(t, server, "192.0.2.2/24")
	command(t, client.Netns, "ip", "route", "add", "192.0.2.0/24", "via", router.IPv4.Addr().String())
	command(t, router.Netns, "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
	command(t, router.Netns, "nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority 100; }; "+
		"add rule ip nat post oifname out masquerade")
	return routed{one, second, &lab.Lab{Name: "through", Ends: [2]lab.End{client, *server}}}
}

// TestChainSurvivesNAT: packets are overtaken behind the router, under another
// address than the one that the socket which sends them again has.
func TestChainSurvivesNAT(t *testing.T) {
	onceInVM(t)
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	r := routeWithNAT(t)
	tr := startTrace(t, Options{Filter: Filter{Devices: append(onLab(r.first).Devices, onLab(r.second).Devices...)}})
	server := r.second.Ends[1]
	var found *Retransmit
	for deadline := time.Now().Add(patience); found == nil && time.Now().Before(deadline); {
		stop, toggled := make(chan struct{}), make(chan error)
		go func() { toggled <- toggleRPS(server, stop) }()
		send(t, r.through, lab.Stream{Duration: 2 * time.Second, CPU: -1})
		close(stop)
		if err := <-toggled; err != nil {
			t.Fatal(err)
		}
		tr.Settle()
		for _, f := range snapshot(t, tr).TCP {
			for i := range f.Recent {
				if o := f.Recent[i].Chain.Overtaken; o != nil && o.Rx.DeviceID == deviceIDOf(server) {
					found = &f.Recent[i]
				}
			}
		}
	}
	if found == nil {
		s := snapshot(t, tr)
		t.Fatalf("no retransmit is found to come from the hop behind the router: %d of %d hops overtaken there, %+v",
			deviceIn(s, deviceIDOf(server)).Reordered, deviceIn(s, deviceIDOf(server)).Hops, s.Retransmits)
	}
	o := found.Chain.Overtaken
	t.Logf("%v at %v: before NAT %v (known: %t), sent again %v, verdict %v", o.Flow, o.Rx, o.Before, o.HasBefore, found.Flow, found.Verdict)
	if found.Verdict != VerdictReorderedAtHop {
		t.Errorf("verdict %v, want %v", found.Verdict, VerdictReorderedAtHop)
	}
	if !o.HasBefore || o.Before != found.Flow || o.Flow == found.Flow {
		t.Errorf("overtaken as %v, before NAT %v; sent again %v: want another flow, and the same before NAT", o.Flow, o.Before, found.Flow)
	}
	if found.Netns != uint32(r.through.Ends[0].NetnsInode) {
		t.Errorf("sent again in namespace %d, want the client's %d", found.Netns, r.through.Ends[0].NetnsInode)
	}
}

// TestSmallerMTU: a link behind the router takes only smaller packets than the
// connection began with, and the client is told so.
func TestSmallerMTU(t *testing.T) {
	onceInVM(t)
	r := routeWithNAT(t)
	out := r.second.Ends[0]
	command(t, out.Netns, "ip", "link", "set", out.Ifname, "mtu", "1200")
	tr := startTrace(t, Options{Filter: onLab(r.first)})
	send(t, r.through, lab.Stream{Bytes: 1 << 20, CPU: -1})
	tr.Settle()
	s := snapshot(t, tr)
	kernel := wantCounters(t, s, r.first)
	if n := s.Retransmits.Classes[ClassMTU]; n == 0 {
		t.Errorf("no retransmit of class mtu among %v; the kernel sent %d segments again", s.Retransmits.Classes, kernel["TcpRetransSegs"])
	}
	t.Logf("classes %v", s.Retransmits.Classes)
}
