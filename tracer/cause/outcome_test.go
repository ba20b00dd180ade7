// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/path"
)

// refuse makes a journey one that an ICMP error of the router came back for.
func refuse(kind, code uint8) func(*State, *path.Journey) {
	return func(_ *State, j *path.Journey) {
		j.End.Outcome = path.Refused
		j.End.ICMP = &path.ICMPError{Proto: 1, Type: kind, Code: code, From: netip.MustParseAddr("10.1.0.1")}
	}
}

// fail makes a journey one that the client could not send.
func fail(errno unix.Errno) func(*State, *path.Journey) {
	return func(s *State, j *path.Journey) {
		s.Netns = j.Probe.Netns
		s.To = Route{Device: "eth0", Gateway: netip.MustParseAddr("10.1.0.1")}
		j.Out = nil
		j.End = path.End{Outcome: path.NotSent, Netns: j.Probe.Netns, Flow: j.End.Flow, Error: fmt.Errorf("sending: %w", errno)}
	}
}

// arrive makes a journey one that reached the server, in state s.
func arrive(s *State, j *path.Journey) {
	in := device(1003, 2, "eth0")
	s.Netns = tracer.Netns{Inode: 1003, Name: "web", Path: "/proc/77/ns/net"}
	s.To, s.Back = Route{Local: true, Device: "lo"}, Route{Device: "eth0"}
	j.End.Outcome, j.End.Netns, j.End.In, j.End.Out = path.Delivered, s.Netns, &in, nil
	j.End.Last = &path.Sighting{Point: path.PointReceive, Device: in, Flow: j.End.Flow, TTL: 63}
}

// leave makes a journey one that left by the router's device.
func leave(_ *State, j *path.Journey) {
	out := device(routerNetns, 4, "out")
	j.End.Outcome, j.End.Out = path.Left, &out
	j.End.Last = &path.Sighting{Point: path.PointXmit, Device: out, Flow: j.End.Flow}
}

func vanish(_ *State, j *path.Journey) {
	j.End.Outcome, j.End.Last = path.Vanished, &j.Out[1]
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		name   string
		how    func(*State, *path.Journey)
		wrong  func(*State, *path.Journey)
		id     string
		cure   []string
		likely bool
	}{
		{name: "no route", how: refuse(3, 0), wrong: func(s *State, _ *path.Journey) { s.To = Route{Error: unix.ENETUNREACH} },
			id: "no_route", cure: []string{inRouter + "ip route add 10.2.0.0/24 dev out"}},
		{name: "neighbour", how: refuse(3, 1), wrong: func(s *State, _ *path.Journey) { s.Machine[3].Devices[0].Addresses = nil },
			id: "neighbour_failed", cure: []string{fromServer + "ip addr add 10.2.0.2/24 dev eth0"}},
		{name: "port", how: refuse(3, 3), wrong: func(s *State, _ *path.Journey) { s.To.Local = true }, id: "no_listener"},
		{name: "MTU", how: refuse(3, 4), wrong: func(s *State, _ *path.Journey) { s.Machine[2].Devices[2].MTU = 90 }, id: "mtu",
			cure: []string{inRouter + "ip link set out mtu 1500", inClient + "ip route flush cache"}},
		{name: "TTL", how: refuse(11, 0), wrong: func(s *State, j *path.Journey) { s.SenderTTL, j.Out[0].TTL = 2, 2 }, id: "ttl_exceeded",
			cure: []string{inClient + "sysctl -w net.ipv4.ip_default_ttl=64"}},
		{name: "reject", how: refuse(3, 13), wrong: withRules(true, Rule{Text: "reject", Cure: "nft delete rule x", Reject: true}), id: "netfilter_rule",
			cure: []string{inRouter + "nft delete rule x"}},
		{name: "elsewhere", how: refuse(3, 1), wrong: func(_ *State, j *path.Journey) {
			j.End.ICMP.From, j.End.Last = netip.MustParseAddr("192.0.2.1"), &j.Out[1]
		}, id: "refused_elsewhere"},

		{name: "ENETUNREACH", how: fail(unix.ENETUNREACH), wrong: func(s *State, _ *path.Journey) { s.To = Route{Error: unix.ENETUNREACH} },
			id: "no_route", cure: []string{inClient + "ip route add default via 10.1.0.1"}},
		{name: "EACCES", how: fail(unix.EACCES), wrong: func(s *State, _ *path.Journey) { s.To = Route{Error: unix.EACCES, Match: "prohibit default"} },
			id: "route_prohibit", cure: []string{inClient + "ip route del prohibit default"}},
		{name: "EHOSTUNREACH", how: fail(unix.EHOSTUNREACH), wrong: none, id: "neighbour_failed", likely: true},
		{name: "EMSGSIZE", how: fail(unix.EMSGSIZE), wrong: func(s *State, _ *path.Journey) { s.To.MTU, s.To.Learned = 1300, true },
			id: "mtu_learned", cure: []string{inClient + "ip route flush cache"}},
		{name: "EPERM", how: fail(unix.EPERM), wrong: withRules(true, Rule{Policy: true, Text: "policy drop", Cure: "nft x"}), id: "netfilter_policy",
			cure: []string{inClient + "nft x"}},
		{name: "EADDRNOTAVAIL", how: fail(unix.EADDRNOTAVAIL), wrong: none, id: "no_source",
			cure: []string{inClient + "ip addr add ADDRESS/LENGTH dev eth0"}},
		{name: "EIO", how: fail(unix.EIO), wrong: none, id: "not_sent", likely: true},

		{name: "echo", how: arrive, wrong: func(s *State, j *path.Journey) {
			j.End.Flow.Proto, s.Sysctl["net.ipv4.icmp_echo_ignore_all"] = 1, "1"
		}, id: "echo_ignored", cure: []string{fromServer + "sysctl -w net.ipv4.icmp_echo_ignore_all=0"}},
		{name: "no way back", how: arrive, wrong: func(s *State, _ *path.Journey) { s.Back = Route{Error: unix.ENETUNREACH} },
			id: "no_return_route", cure: []string{fromServer + "ip route add default via 10.2.0.1"}},
		{name: "silent", how: arrive, wrong: func(s *State, _ *path.Journey) { s.Sockets = []Socket{{Addr: netip.MustParseAddrPort("[::]:53")}} },
			id: "no_answer", likely: true},
		{name: "accept queue", how: arrive, wrong: func(s *State, j *path.Journey) {
			j.End.Flow.Proto, s.Sockets = protoTCP, []Socket{{Addr: netip.MustParseAddrPort("[::]:53"), Queue: 129}}
		}, id: "accept_queue_full", likely: true},

		{name: "masquerade", how: leave, wrong: none, id: "no_masquerade", likely: true, cure: []string{inRouter +
			`nft 'add table ip masquerade; add chain ip masquerade out { type nat hook postrouting priority 100; }; ` +
			`add rule ip masquerade out ip saddr 10.1.0.2 oifname "out" masquerade'`}},
		{name: "beyond", how: leave, wrong: func(s *State, _ *path.Journey) { s.Back.Local = true }, id: "beyond_host", likely: true},

		{name: "carrier", how: vanish, wrong: func(s *State, _ *path.Journey) { s.Machine[2].Devices[2].Up = false }, id: "link_down",
			cure: []string{inRouter + "ip link set out up"}},
		{name: "nothing", how: vanish, wrong: none, id: "unknown", likely: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, j := newState(), newJourney("", "", false)
			c.how(s, j)
			c.wrong(s, j)
			got := decide(j, s)
			t.Logf("%+v", got)
			if got.ID != c.id || got.Sure == c.likely {
				t.Errorf("got %s, sure %t, want %s, %t", got.ID, got.Sure, c.id, !c.likely)
			}
			if fmt.Sprintf("%q", got.Cure) != fmt.Sprintf("%q", c.cure) {
				t.Errorf("got cure %q, want %q", got.Cure, c.cure)
			}
		})
	}
}
