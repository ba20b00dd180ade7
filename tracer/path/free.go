// SPDX-License-Identifier: Apache-2.0

package path

import "slices"

// name gives a drop the names of the kernel's functions, and finds out whether it
// is one: some of what ends in kfree_skb has reached its end.
func (s *sighting) name(all *symbols) {
	if s.Point != PointDrop || s.Drop.Function != "" {
		return
	}
	// Who has had the sighting before does not see it change.
	d := *s.Drop
	s.Drop = &d
	d.Function = all.function(s.location)
	if isListener(d.Function) || s.echo && isTaken(&d) {
		s.Point, s.Drop = PointConsume, nil
		return
	}
	for _, addr := range s.stack {
		if name := all.function(addr); name != "" {
			d.Stack = append(d.Stack, name)
		}
	}
	// In front of the function is what told of it.
	if i := slices.Index(d.Stack, d.Function); i > 0 {
		d.Stack = d.Stack[i:]
	}
}

// isTaken says whether a drop is how kernels free a ping that they have answered,
// or an answer of which raw sockets have got their copies: as if nobody had
// wanted it.
func isTaken(d *Drop) bool {
	switch d.Function {
	case "icmp_rcv", "icmpv6_rcv", "ping_rcv":
		return d.Reason == "" || d.Reason == "NO_SOCKET" || d.Reason == "NOT_SPECIFIED"
	}
	return false
}

// isListener says whether a function frees only what listeners have of a packet
// that others get all the same, raw and packet sockets whose filters may not want
// it; or what a socket had and its owner did not read.
func isListener(function string) bool {
	switch function {
	case "packet_rcv", "tpacket_rcv", "packet_rcv_spkt", "packet_rcv_fanout",
		"raw_rcv", "raw_rcv_skb", "rawv6_rcv", "rawv6_rcv_skb",
		"inet_sock_destruct", "packet_sock_destruct":
		return true
	}
	return false
}
