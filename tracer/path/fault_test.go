// SPDX-License-Identifier: Apache-2.0

package path

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

// fault is something that keeps probes from being answered.
type fault struct {
	name string
	// lines of shell make it, in the namespace of a role.
	in, lines string
	// warm is whether neighbours know each other before.
	warm      bool
	proto     uint8
	ipv6      bool
	ttl, size int
	want      Outcome
	ofAnswer  bool
	// where is the role of the namespace it ends in, and the devices that it
	// came in by and was to leave by.
	where, came, leaves string
	// functions are what different kernels free it in; none where it is not
	// freed.
	functions []string
	// icmp is type and code of what came back.
	icmp  [2]uint8
	errno error
}

var faults = []fault{
	{name: "ip_forward", in: "router", lines: "echo 0 >/proc/sys/net/ipv4/ip_forward", proto: protoICMP,
		want: Dropped, where: "router", came: "br0", functions: []string{"ip_error"}},
	{name: "ipv6 forwarding", in: "router", lines: "echo 0 >/proc/sys/net/ipv6/conf/all/forwarding", proto: protoICMPv6, ipv6: true,
		want: Dropped, where: "router", came: "br0", leaves: "out", functions: []string{"ip6_forward", "ip6_pkt_drop"}},
	{name: "no route at the router", in: "router", lines: "ip route del 10.88.2.0/24", proto: protoICMP,
		want: Refused, where: "router", came: "br0", functions: []string{"ip_error"}, icmp: [2]uint8{3, 0}},
	{name: "no route at the client", in: "client", lines: "ip route del default", proto: protoUDP,
		want: NotSent, where: "client", errno: unix.ENETUNREACH},
	{name: "no way back", in: "server", lines: "ip route add unreachable 10.88.2.1", proto: protoICMP,
		want: Delivered, where: "server", came: "eth0"},
	{name: "forward rule", in: "router", lines: "nft 'add table inet f; add chain inet f c { type filter hook forward priority 0; policy drop; }'", proto: protoTCP,
		want: Dropped, where: "router", came: "br0", leaves: "out", functions: []string{"nft_do_chain", "nf_hook_slow"}},
	{name: "input rule", in: "server", lines: "nft 'add table ip6 f; add chain ip6 f c { type filter hook input priority 0; }; add rule ip6 f c tcp dport 4321 drop'", proto: protoTCP, ipv6: true,
		want: Dropped, where: "server", came: "eth0", functions: []string{"nft_do_chain", "nf_hook_slow"}},
	{name: "output rule", in: "client", lines: "nft 'add table ip f; add chain ip f c { type filter hook output priority 0; policy drop; }'", proto: protoUDP,
		want: NotSent, where: "client", leaves: "eth0", functions: []string{"nft_do_chain", "nf_hook_slow"}, errno: unix.EPERM},
	{name: "rule against the answer", in: "client", lines: "nft 'add table ip f; add chain ip f c { type filter hook input priority 0; policy drop; }'", proto: protoICMP,
		want: Dropped, ofAnswer: true, where: "client", came: "eth0", functions: []string{"nft_do_chain", "nf_hook_slow"}},
	{name: "no UDP listener", in: "server", lines: "true", proto: protoUDP,
		want: Refused, where: "server", came: "eth0", functions: []string{"__udp4_lib_rcv", "udp_rcv"}, icmp: [2]uint8{3, 3}},
	{name: "no TCP listener", in: "server", lines: "true", proto: protoTCP, ipv6: true,
		want: Refused, where: "server", came: "eth0", functions: []string{"tcp_v6_rcv"}},
	{name: "echo ignored", in: "server", lines: "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all", proto: protoICMP,
		want: Delivered, where: "server", came: "eth0"},
	{name: "TTL", in: "router", lines: "true", proto: protoICMP, ttl: 1,
		want: Refused, where: "router", came: "br0", leaves: "out", functions: []string{"ip_forward"}, icmp: [2]uint8{11, 0}},
	{name: "hop limit", in: "router", lines: "true", proto: protoUDP, ipv6: true, ttl: 1,
		want: Refused, where: "router", came: "br0", leaves: "out", functions: []string{"ip6_forward"}, icmp: [2]uint8{3, 0}},
	{name: "MTU", in: "router", lines: "ip link set out mtu 1300", proto: protoICMP, size: 1400,
		want: Refused, where: "router", came: "br0", leaves: "out", functions: []string{"ip_forward"}, icmp: [2]uint8{3, 4}},
	{name: "reverse path", in: "router", warm: true, lines: "ip route add 10.88.1.2/32 dev out; echo 1 >/proc/sys/net/ipv4/conf/br0/rp_filter", proto: protoICMP,
		want: Dropped, where: "router", came: "br0", functions: []string{"ip_rcv_finish_core", "ip_rcv_finish"}},
	{name: "blackhole", in: "router", lines: "ip route add blackhole 10.88.2.2", proto: protoICMP,
		want: Dropped, where: "router", came: "br0"},
	{name: "absent next hop", in: "server", lines: "ip addr del 10.88.2.2/24 dev eth0", proto: protoICMP,
		want: Refused, where: "router", came: "br0", leaves: "out", functions: []string{"neigh_invalidate", "arp_error_report"}, icmp: [2]uint8{3, 1}},
	{name: "bridge port", in: "router", warm: true, lines: "bridge link set dev port state 0", proto: protoICMP,
		want: Dropped, where: "router", came: "port"},
	{name: "no carrier", in: "server", lines: "ip link set eth0 down", proto: protoICMP,
		want: Refused, where: "router", came: "br0", leaves: "out", functions: []string{"neigh_invalidate", "arp_error_report"}, icmp: [2]uint8{3, 1}},
}

// Each fault ends the probes where it is, by the function that the kernel has for
// it.
func TestFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			n := pathtest.New(t)
			if f.warm {
				pathtest.Exec(t, n.Client, "ping", "-c1", "-W5", n.V4.Server.String())
			}
			pathtest.Shell(t, map[string]string{"client": n.Client, "router": n.Router, "server": n.Server}[f.in],
				f.lines)
			to := n.V4.Server
			if f.ipv6 {
				to = n.V6.Server
			}
			opts := fromClient(t, n, to, f.proto)
			opts.TTL, opts.Count = f.ttl, 1
			if f.size != 0 {
				opts.Size = f.size
			}
			for _, j := range mustRun(t, opts) {
				f.check(t, n, &j)
			}
		})
	}
}

func (f *fault) check(t *testing.T, n *pathtest.Network, j *Journey) {
	t.Helper()
	e := &j.End
	t.Logf("%s", story(n, j))
	if e.Outcome != f.want || e.Answer != f.ofAnswer {
		t.Errorf("got %v (answer %t), want %v (answer %t)", e.Outcome, e.Answer, f.want, f.ofAnswer)
	}
	if got := roleOf(n, e.Netns.Name); got != f.where {
		t.Errorf("ended in %q, want %q", got, f.where)
	}
	if got := nameIn(e.In); got != f.came {
		t.Errorf("came in by %q, want %q", got, f.came)
	}
	if got := nameIn(e.Out); got != f.leaves {
		t.Errorf("was to leave by %q, want %q", got, f.leaves)
	}
	var drop Drop
	if e.Last != nil && e.Last.Drop != nil {
		drop = *e.Last.Drop
	}
	t.Logf("drop %+v, ICMP %+v, error %v", drop, e.ICMP, e.Error)
	if f.functions != nil && !slices.Contains(f.functions, drop.Function) {
		t.Errorf("dropped by %q, want one of %q", drop.Function, f.functions)
	}
	var icmp [2]uint8
	if e.ICMP != nil {
		icmp = [2]uint8{e.ICMP.Type, e.ICMP.Code}
	}
	if icmp != f.icmp {
		t.Errorf("ICMP %v, want %v", icmp, f.icmp)
	}
	if !errors.Is(e.Error, f.errno) {
		t.Errorf("error %v, want %v", e.Error, f.errno)
	}
	if f.name == "MTU" && (e.ICMP == nil || e.ICMP.MTU != 1300) {
		t.Errorf("ICMP says %+v, want an MTU of 1300", e.ICMP)
	}
}

func nameIn(d *tracer.DeviceName) string {
	if d == nil {
		return ""
	}
	return d.Ifname
}
