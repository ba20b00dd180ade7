// SPDX-License-Identifier: Apache-2.0

package lab

import "testing"

func TestChecksum(t *testing.T) {
	// The example of RFC 1071, section 3: the sum is ddf2.
	if got, want := checksum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}), ^uint16(0xddf2); got != want {
		t.Errorf("got %#x, want %#x", got, want)
	}
	odd := []byte{1, 2, 3}
	if got, want := checksum(odd), ^uint16(0x0102+0x0300); got != want {
		t.Errorf("odd length: got %#x, want %#x", got, want)
	}
	p := make([]byte, 64)
	putEcho(p, false, 0x1234, 7)
	if got := checksum(p); got != 0 {
		t.Errorf("over a request with its checksum: got %#x, want 0", got)
	}
}

func TestIsReply(t *testing.T) {
	v4 := append([]byte{0x46, 23: 0}, 0, 0, 0, 0, 0x12, 0x34, 0, 7) // IHL 6
	v6 := []byte{129, 0, 0, 0, 0x12, 0x34, 0, 7}
	if !isReply(v4, false, 0x1234, 7) || !isReply(v6, true, 0x1234, 7) {
		t.Error("a reply is not taken for one")
	}
	if isReply(v4, false, 0x1234, 8) || isReply(v6, true, 0x1235, 7) {
		t.Error("the reply to another request is taken")
	}
	for n := range v4 {
		if isReply(v4[:n], false, 0x1234, 7) {
			t.Errorf("a reply cut to %d bytes is taken", n)
		}
	}
	for n := range v6 {
		if isReply(v6[:n], true, 0x1234, 7) {
			t.Errorf("a reply cut to %d bytes is taken", n)
		}
	}
}
