// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
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
	// in is the role whose namespace lines of shell make it in; ROUTER and
	// CLIENT are the names of others.
	in, lines string
	// make makes what lines cannot.
	make      func(t *testing.T, n *pathtest.Network)
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
	// unsure is whether it depends on the kernel's reasons if it is proven.
	unsure bool
	// fix cures what no command does.
	fix func(t *testing.T, n *pathtest.Network)
	// after clears up what is left when it has been cured.
	after func(t *testing.T, n *pathtest.Network)
	// keep is whether the commands are not run, which would change the machine.
	keep bool
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
	for i, f := range faults {
		if !isTurn(i) {
			continue
		}
		t.Run(f.name, func(t *testing.T) { f.find(t, n) })
	}
}

func (f *pathFault) find(t *testing.T, n *pathtest.Network) {
	role := map[string]string{"client": n.Client, "router": n.Router, "server": n.Server, "": n.Client}[f.in]
	if f.lines != "" {
		pathtest.Shell(t, role, strings.NewReplacer("ROUTER", n.Router, "CLIENT", n.Client).Replace(f.lines))
	}
	if f.make != nil {
		f.make(t, n)
	}
	if f.after != nil {
		defer f.after(t, n)
	}
	got, c := f.run(t, n)
	if got != f.want {
		t.Errorf("got %v, want %v", got, f.want)
	}
	if c == nil {
		t.Fatal("no cause is named")
	}
	if c.ID != f.cause || c.Sure == f.likely && !f.unsure {
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
		if f.keep {
			break
		}
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
			fix: func(t *testing.T, n *pathtest.Network) {
				pathtest.Shell(t, n.Router, "ip route del 10.88.1.2/32 dev out")
			}},
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
		{name: "STP", in: "router", lines: "ip link set br0 type bridge stp_state 1; ip link set port nomaster; ip link set port master br0", proto: "icmp",
			want: packets.Dropped, cause: "bridge_stp", cure: "ip link set br0 type bridge stp_state 0"},
		{name: "bridge port in front of the neighbour", in: "router", lines: "bridge link set dev port state 0; ip -n CLIENT neigh flush dev eth0", proto: "icmp",
			want: packets.Refused, cause: "bridge_port", cure: "bridge link set dev port state 3"},
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
	var full net.PacketConn
	var slow net.Listener
	findFaults(t, []pathFault{
		{name: "no UDP listener", proto: "udp", port: 4331, want: packets.Refused, cause: "no_listener", fix: listen(4331)},
		{name: "no TCP listener", proto: "tcp", port: 4332, want: packets.Refused, cause: "no_listener", fix: listen(4332)},
		{name: "no TCP listener of IPv6", proto: "tcp", port: 4333, ipv6: true, want: packets.Refused, cause: "no_listener", fix: listen(4333)},
		{name: "echo ignored", in: "server", lines: "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all", proto: "icmp",
			want: packets.Delivered, cause: "echo_ignored", cure: "sysctl -w net.ipv4.icmp_echo_ignore_all=0"},
		{name: "echo of IPv6 ignored", in: "server", lines: "echo 1 >/proc/sys/net/ipv6/icmp/echo_ignore_all", proto: "icmp", ipv6: true,
			want: packets.Delivered, cause: "echo_ignored", cure: "sysctl -w net.ipv6.icmp.echo_ignore_all=0"},
		{name: "UDP program does not read", proto: "udp", port: 4334, want: packets.Dropped, cause: "socket_buffer_full",
			make: func(t *testing.T, n *pathtest.Network) { full = fillUDP(t, n, 4334) },
			// A program that reads is its cure, not a command.
			keep: true, fix: func(t *testing.T, n *pathtest.Network) { full.Close(); pathtest.Listen(t, n.Server, 4334) }},
		{name: "TCP program does not accept", proto: "tcp", port: 4335, want: packets.Delivered, cause: "accept_queue_full", likely: true,
			make: func(t *testing.T, n *pathtest.Network) { slow = fillTCP(t, n, 4335) },
			fix:  func(t *testing.T, n *pathtest.Network) { slow.Close(); pathtest.Listen(t, n.Server, 4335) }},
		{name: "checksum", in: "router", proto: "udp", want: packets.Dropped, cause: "bad_checksum", unsure: true,
			lines: "ip netns exec CLIENT ethtool -K eth0 tx off; " +
				"nft 'add table ip f; add chain ip f c { type filter hook forward priority 0; }; add rule ip f c udp dport 4321 udp checksum set 1'",
			keep: true, fix: func(t *testing.T, n *pathtest.Network) { pathtest.Shell(t, n.Router, "nft delete table ip f") }},
	})
}

func TestPathFaultsOfRules(t *testing.T) {
	const chain = "add table inet f; add chain inet f c { type filter hook %s priority 0; policy %s; }"
	rules := func(hook, policy, more string) string { return "nft '" + fmt.Sprintf(chain, hook, policy) + more + "'" }
	clear := func(role func(*pathtest.Network) string) func(*testing.T, *pathtest.Network) {
		return func(t *testing.T, n *pathtest.Network) { pathtest.Shell(t, role(n), "nft delete table inet f") }
	}
	client := clear(func(n *pathtest.Network) string { return n.Client })
	router := clear(func(n *pathtest.Network) string { return n.Router })
	server := clear(func(n *pathtest.Network) string { return n.Server })
	findFaults(t, []pathFault{
		{name: "forward policy", in: "router", lines: rules("forward", "drop", "; add rule inet f c ct state established accept"), proto: "tcp",
			want: packets.Dropped, cause: "netfilter_policy", cure: "insert rule inet f c ", after: router},
		{name: "forward rule of a chain", in: "router", proto: "tcp", ipv6: true,
			lines: rules("forward", "accept", "; add chain inet f d; add rule inet f d tcp dport 4321 drop; add rule inet f c iifname br0 jump d"),
			want:  packets.Dropped, cause: "netfilter_rule", cure: "nft delete rule inet f d handle ", after: router},
		{name: "input rule", in: "server", lines: rules("input", "accept", "; add rule inet f c udp dport { 53, 4321 } drop"), proto: "udp",
			want: packets.Dropped, cause: "netfilter_rule", cure: "nft delete rule inet f c handle ", after: server},
		{name: "output policy", in: "client", lines: rules("output", "drop", ""), proto: "udp",
			want: packets.NotSent, cause: "netfilter_policy", cure: "insert rule inet f c ", after: client},
		{name: "reject", in: "router", lines: rules("forward", "accept", "; add rule inet f c ip protocol icmp reject"), proto: "icmp",
			want: packets.Refused, cause: "netfilter_rule", cure: "nft delete rule inet f c handle ", after: router},
		{name: "reset", in: "server", lines: rules("input", "accept", "; add rule inet f c tcp dport 4321 reject with tcp reset"), proto: "tcp",
			want: packets.Refused, cause: "netfilter_rule", cure: "nft delete rule inet f c handle ", after: server},
		{name: "the answer", in: "client", lines: rules("input", "accept", "; add rule inet f c ct state established drop"), proto: "udp",
			want: packets.Dropped, cause: "netfilter_rule", cure: "nft delete rule inet f c handle ", after: client},
		{name: "the answer of the server", in: "server", lines: rules("output", "accept", "; add rule inet f c meta l4proto icmpv6 icmpv6 type echo-reply drop"), proto: "icmp", ipv6: true,
			want: packets.Dropped, cause: "netfilter_rule", cure: "nft delete rule inet f c handle ", after: server},
	})
}

// fillUDP makes a listener that reads nothing, and fills its buffer.
func fillUDP(t *testing.T, n *pathtest.Network, port uint16) (c net.PacketConn) {
	pathtest.In(t, n.Server, func() (err error) {
		c, err = net.ListenPacket("udp", fmt.Sprintf(":%d", port))
		return err
	})
	t.Cleanup(func() { c.Close() })
	if err := c.(*net.UDPConn).SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	pathtest.In(t, n.Client, func() error {
		for range 20 {
			s, err := net.Dial("udp", netip.AddrPortFrom(n.V4.Server, port).String())
			if err != nil {
				return err
			}
			defer s.Close()
			if _, err := s.Write(make([]byte, 1000)); err != nil {
				return err
			}
		}
		return nil
	})
	return c
}

// fillTCP makes a listener that accepts nothing, and fills its queue, which has
// one place.
func fillTCP(t *testing.T, n *pathtest.Network, port uint16) (l net.Listener) {
	pathtest.Shell(t, n.Server, "echo 0 >/proc/sys/net/core/somaxconn")
	pathtest.In(t, n.Server, func() (err error) {
		l, err = net.Listen("tcp", fmt.Sprintf(":%d", port))
		return err
	})
	pathtest.Shell(t, n.Server, "echo 128 >/proc/sys/net/core/somaxconn")
	t.Cleanup(func() { l.Close() })
	pathtest.In(t, n.Client, func() error {
		s, err := net.Dial("tcp", netip.AddrPortFrom(n.V4.Server, port).String())
		if err == nil {
			t.Cleanup(func() { s.Close() })
		}
		return err
	})
	return l
}
