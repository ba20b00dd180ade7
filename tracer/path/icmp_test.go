// SPDX-License-Identifier: Apache-2.0

package path

import "testing"

func TestEcho(t *testing.T) {
	p := echoRequest(protoICMP, 0x1234, 2, 3)
	if len(p) != 11 || p[0] != 8 || p[4] != 0x12 || p[5] != 0x34 || p[7] != 2 {
		t.Errorf("got % x", p)
	}
	if sum := checksum(p); sum != 0 {
		t.Errorf("checksum over the packet with its own: got %#x, want 0", sum)
	}
	ip := append(make([]byte, 24), p...)
	ip[0] = 0x46 // 6 words of IP header
	if isReply(ip, protoICMP, 0x1234) {
		t.Error("the question is taken for an answer")
	}
	ip[24] = icmpEchoReply
	if !isReply(ip, protoICMP, 0x1234) || isReply(ip, protoICMP, 1) {
		t.Error("the answer is not told from others")
	}
	p = echoRequest(protoICMPv6, 0x1234, 2, 0)
	p[0] = icmp6EchoReply
	if !isReply(p, protoICMPv6, 0x1234) {
		t.Error("the IPv6 answer is not known")
	}
	for _, short := range [][]byte{nil, {0x4f}, p[:7]} {
		if isReply(short, protoICMP, 0) || isReply(short, protoICMPv6, 0) {
			t.Errorf("% x is taken for an answer", short)
		}
	}
}
