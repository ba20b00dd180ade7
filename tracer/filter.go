// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/vethtrace/vethtrace/gen"
)

// MaxFilterDevices is how many devices a filter can name.
const MaxFilterDevices = len(gen.VethtraceFilter{}.Device)

// Filter chooses the hops that are traced, in the kernel, before anything is
// spent on them. Conditions that are set must all hold; the zero value traces
// everything.
type Filter struct {
	// Devices are ends of veth pairs; a hop over the pair matches, in either
	// direction.
	Devices []DeviceID
	// Netns is the inode of a network namespace that one end is in; 0 is any.
	Netns uint32
	// Proto is an IP protocol number; 0 is any.
	Proto uint8
	// Prefix contains source or destination; the zero value is any.
	Prefix netip.Prefix
	// Port is the TCP or UDP source or destination; 0 is any.
	Port uint16
	// Text is the filter as the user gave it, for headers.
	Text string
}

// Validate returns an error that says what cannot be asked for.
func (f *Filter) Validate() error {
	if n := len(f.Devices); n > MaxFilterDevices {
		return fmt.Errorf("filter matches %d devices, at most %d can be told apart: add --netns", n, MaxFilterDevices)
	}
	if f.Port != 0 && f.Proto != 0 && f.Proto != protoTCP && f.Proto != protoUDP {
		return fmt.Errorf("protocol %s has no ports: drop --port or --proto", ProtoName(f.Proto))
	}
	return nil
}

// knob returns the filter as the BPF side reads it (struct filter in
// bpf/knobs.h).
func (f *Filter) knob() gen.VethtraceFilter {
	k := gen.VethtraceFilter{
		Devices: uint32(len(f.Devices)),
		Netns:   f.Netns,
		Proto:   f.Proto,
		Port:    f.Port,
	}
	for i, d := range f.Devices {
		k.Device[i] = d.key()
	}
	if f.Prefix.IsValid() {
		k.Family = family(f.Prefix.Addr())
		addrWords(k.Addr[:], f.Prefix.Masked().Addr())
		for i := range f.Prefix.Bits() {
			k.Mask[i/32] |= binary.NativeEndian.Uint32(binary.BigEndian.AppendUint32(nil, 1<<(31-i%32)))
		}
	}
	return k
}

// addrWords writes an address as words in network byte order, IPv4 in the
// first.
func addrWords(words []uint32, a netip.Addr) {
	b := a.AsSlice()
	for i := 0; i < len(b); i += 4 {
		words[i/4] = binary.NativeEndian.Uint32(b[i:])
	}
}

// family returns 4 or 6.
func family(a netip.Addr) uint8 {
	if a.Is4() {
		return 4
	}
	return 6
}

const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// ProtoName returns the name of an IP protocol, or its number as text.
func ProtoName(proto uint8) string {
	switch proto {
	case protoICMP:
		return "icmp"
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoICMPv6:
		return "icmpv6"
	}
	return fmt.Sprint(proto)
}

// ParseProto is the inverse of ProtoName.
func ParseProto(s string) (uint8, error) {
	for _, p := range []uint8{protoICMP, protoTCP, protoUDP, protoICMPv6} {
		if strings.EqualFold(s, ProtoName(p)) {
			return p, nil
		}
	}
	return 0, fmt.Errorf("unknown protocol %q: use tcp, udp, icmp or icmpv6", s)
}
