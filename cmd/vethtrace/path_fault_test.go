// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// The port that the server listens at in these tests.
const faultPort = 4321

// pathFault keeps probes from being answered, for a cause that path has to name
// with its cure.
type pathFault struct {
	name string
	// in is the role whose namespace lines of shell make it in; ROUTER is the
	// name of that of the router.
	in, lines string
	proto     string
	ipv6      bool
	ttl, size int
	// port is 0 for faultPort.
	port uint16
	want packets.Outcome
	// cause is its ID, cure the beginning of the first command, without where
	// it runs; empty if no command cures it.
	cause, cure string
	likely      bool
	// fix cures what no command does.
	fix func(t *testing.T, n *pathtest.Network)
}

// findFaults makes each fault in turn in one network, checks what path says of
// it, does what it says, and wants an answer then.
func findFaults(t *testing.T, faults []pathFault) {
	n := pathtest.New(t)
	pathtest.Listen(t, n.Server, faultPort)
	for _, v6 := range []bool{false, true} {
		if got, c := (&pathFault{proto: "icmp", ipv6: v6}).run(t, n); got != packets.Answered {
			t.Fatalf("before any fault: got %v, %+v", got, c)
		}
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) { f.find(t, n) })
	}
}

func (f *pathFault) find(t *testing.T, n *pathtest.Network) {
	role := map[string]string{"client": n.Client, "router": n.Router, "server": n.Server, "": n.Client}[f.in]
	if f.lines != "" {
		pathtest.Shell(t, role, strings.NewReplacer("ROUTER", n.Router).Replace(f.lines))
	}
	got, c := f.run(t, n)
	if got != f.want {
		t.Errorf("got %v, want %v", got, f.want)
	}
	if c == nil {
		t.Fatal("no cause is named")
	}
	if c.ID != f.cause || c.Sure == f.likely {
		t.Errorf("got cause %q, sure %t, want %q, %t", c.ID, c.Sure, f.cause, !f.likely)
	}
	if len(c.Evidence) == 0 {
		t.Error("there is no evidence")
	}
	where := "ip netns exec " + role + " "
	if f.cure != "" && (len(c.Cure) == 0 || !strings.Contains(c.Cure[0], f.cure)) {
		t.Errorf("got cure %q, want %q", c.Cure, where+f.cure)
	}
	for _, command := range c.Cure {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", command, err, out)
		}
	}
	if f.fix != nil {
		f.fix(t, n)
	}
	if got, c := f.run(t, n); got != packets.Answered {
		t.Fatalf("after the cure: got %v, %+v", got, c)
	}
}

// run sends one probe and returns how it ended, and why.
func (f *pathFault) run(t *testing.T, n *pathtest.Network) (packets.Outcome, *report.Cause) {
	t.Helper()
	from, err := tracer.FindNetns(n.Client)
	if err != nil {
		t.Fatal(err)
	}
	to := n.V4.Server
	if f.ipv6 {
		to = n.V6.Server
	}
	flags := pathFlags{proto: f.proto, port: f.port}
	if f.proto != "icmp" && f.port == 0 {
		flags.port = faultPort
	}
	proto, port := flags.probe(to)
	opts := packets.Options{From: from, To: to, Proto: proto, Port: port, Count: 1, Size: max(f.size, 8), TTL: f.ttl}
	r, err := packets.Run(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	p := report.Path{From: from, To: to.String(), Addr: to, Proto: proto, Port: port, Result: r, Causes: explain(r.Journeys)}
	var text bytes.Buffer
	if err := report.WritePath(&text, &p, 160); err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", text.String())
	return r.Journeys[0].End.Outcome, p.Causes[0]
}

func TestPathFaultsOfRouting(t *testing.T) {
	findFaults(t, []pathFault{
		{name: "ip_forward", in: "router", lines: "echo 0 >/proc/sys/net/ipv4/ip_forward", proto: "icmp",
			want: packets.Dropped, cause: "forwarding_off", cure: "sysctl -w net.ipv4.ip_forward=1"},
		{name: "forwarding of one device", in: "router", lines: "echo 0 >/proc/sys/net/ipv4/conf/br0/forwarding", proto: "tcp",
			want: packets.Dropped, cause: "forwarding_off", cure: "sysctl -w net.ipv4.conf.br0.forwarding=1"},
		{name: "ipv6 forwarding", in: "router", lines: "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding", proto: "icmp", ipv6: true,
			want: packets.Dropped, cause: "forwarding_off", cure: "sysctl -w net.ipv6.conf.all.forwarding=1"},
		{name: "rp_filter", in: "router", lines: "ip route add 10.88.1.2/32 dev out; echo 1 >/proc/sys/net/ipv4/conf/br0/rp_filter", proto: "icmp",
			want: packets.Dropped, cause: "rp_filter", cure: "sysctl -w net.ipv4.conf.br0.rp_filter=2",
			// It is what it says, but the way back is wrong all the same.
			fix: func(t *testing.T, n *pathtest.Network) { pathtest.Shell(t, n.Router, "ip route del 10.88.1.2/32 dev out") }},
		{name: "no route at the router", in: "router", lines: "ip route del 10.88.2.0/24", proto: "icmp",
			want: packets.Refused, cause: "no_route", cure: "ip route add 10.88.2.0/24 dev out"},
		{name: "no route at the client", in: "client", lines: "ip route del default", proto: "udp",
			want: packets.NotSent, cause: "no_route", cure: "ip route add default via 10.88.1.1"},
		{name: "no route of IPv6 at the client", in: "client", lines: "ip -6 route del default", proto: "udp", ipv6: true,
			want: packets.NotSent, cause: "no_route", cure: "ip -6 route add default via fd88:1::1"},
		{name: "no way back", in: "server", lines: "ip route add unreachable 10.88.2.1", proto: "icmp",
			want: packets.Delivered, cause: "no_return_route", cure: "ip route del unreachable 10.88.2.1/32"},
		{name: "blackhole", in: "router", lines: "ip route add blackhole 10.88.2.2", proto: "icmp",
			want: packets.Dropped, cause: "route_blackhole", cure: "ip route del blackhole 10.88.2.2/32"},
		{name: "blackhole of IPv6", in: "router", lines: "ip -6 route add blackhole fd88:2::2", proto: "icmp", ipv6: true,
			want: packets.Dropped, cause: "route_blackhole", cure: "ip -6 route del blackhole fd88:2::2/128"},
		{name: "unreachable", in: "router", lines: "ip route add unreachable 10.88.2.2", proto: "icmp",
			want: packets.Refused, cause: "route_unreachable", cure: "ip route del unreachable 10.88.2.2/32"},
		{name: "prohibit", in: "router", lines: "ip route add prohibit 10.88.2.2", proto: "icmp",
			want: packets.Refused, cause: "route_prohibit", cure: "ip route del prohibit 10.88.2.2/32"},
		{name: "prohibit at the client", in: "client", lines: "ip route add prohibit 10.88.2.2", proto: "udp",
			want: packets.NotSent, cause: "route_prohibit", cure: "ip route del prohibit 10.88.2.2/32"},
	})
}

func TestPathFaultsOfDevices(t *testing.T) {
	findFaults(t, []pathFault{
		{name: "bridge port disabled", in: "router", lines: "bridge link set dev port state 0", proto: "icmp",
			want: packets.Dropped, cause: "bridge_port", cure: "bridge link set dev port state 3"},
		{name: "bridge port listening", in: "router", lines: "bridge link set dev port state 1", proto: "icmp", ipv6: true,
			want: packets.Dropped, cause: "bridge_port", cure: "bridge link set dev port state 3"},
		{name: "TTL", proto: "icmp", in: "client", lines: "echo 1 >/proc/sys/net/ipv4/ip_default_ttl",
			want: packets.Refused, cause: "ttl_exceeded", cure: "sysctl -w net.ipv4.ip_default_ttl=64"},
		{name: "hop limit", proto: "udp", ipv6: true, in: "client", lines: "echo 1 >/proc/sys/net/ipv6/conf/eth0/hop_limit",
			want: packets.Refused, cause: "ttl_exceeded", cure: "sysctl -w net.ipv6.conf.eth0.hop_limit=64"},
		{name: "MTU", in: "router", lines: "ip link set out mtu 1300", proto: "icmp", size: 1400,
			want: packets.Refused, cause: "mtu", cure: "ip link set out mtu 1500"},
		{name: "MTU of IPv6", in: "router", lines: "ip link set out mtu 1300", proto: "udp", size: 1400, ipv6: true,
			want: packets.Refused, cause: "mtu", cure: "ip link set out mtu 1500"},
		{name: "MTU at the client", in: "client", lines: "ip link set eth0 mtu 1300", proto: "udp", size: 1400,
			want: packets.NotSent, cause: "mtu", cure: "ip link set eth0 mtu 1500"},
		{name: "address of the server", in: "server", lines: "ip addr del 10.88.2.2/24 dev eth0", proto: "icmp",
			want: packets.Dropped, cause: "address_missing", cure: "ip addr add 10.88.2.2/24 dev eth0"},
		{name: "absent next hop", in: "server", lines: "ip addr del 10.88.2.2/24 dev eth0; ip -n ROUTER neigh flush dev out", proto: "icmp",
			want: packets.Refused, cause: "neighbour_failed", cure: "ip addr add 10.88.2.2/24 dev eth0"},
		{name: "no carrier", in: "server", lines: "ip link set eth0 down", proto: "icmp",
			want: packets.Refused, cause: "link_down", cure: "ip link set eth0 up"},
	})
}

func TestPathFaultsOfSockets(t *testing.T) {
	listen := func(port uint16) func(*testing.T, *pathtest.Network) {
		return func(t *testing.T, n *pathtest.Network) { pathtest.Listen(t, n.Server, port) }
	}
	findFaults(t, []pathFault{
		{name: "no UDP listener", proto: "udp", port: 4331, want: packets.Refused, cause: "no_listener", fix: listen(4331)},
		{name: "no TCP listener", proto: "tcp", port: 4332, want: packets.Refused, cause: "no_listener", fix: listen(4332)},
		{name: "no TCP listener of IPv6", proto: "tcp", port: 4333, ipv6: true, want: packets.Refused, cause: "no_listener", fix: listen(4333)},
		{name: "echo ignored", in: "server", lines: "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all", proto: "icmp",
			want: packets.Delivered, cause: "echo_ignored", cure: "sysctl -w net.ipv4.icmp_echo_ignore_all=0"},
		{name: "echo of IPv6 ignored", in: "server", lines: "echo 1 >/proc/sys/net/ipv6/icmp/echo_ignore_all", proto: "icmp", ipv6: true,
			want: packets.Delivered, cause: "echo_ignored", cure: "sysctl -w net.ipv6.icmp.echo_ignore_all=0"},
	})
}
