// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"net/netip"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

func TestKnobPrefix(t *testing.T) {
	for _, tt := range []struct {
		prefix     string
		family     uint8
		addr, mask []byte
	}{
		{"10.9.8.7/0", 4, []byte{}, []byte{}},
		{"10.9.8.7/8", 4, []byte{10}, []byte{255}},
		{"10.255.255.7/17", 4, []byte{10, 255, 128}, []byte{255, 255, 128}},
		{"10.9.8.7/32", 4, []byte{10, 9, 8, 7}, []byte{255, 255, 255, 255}},
		{"::/0", 6, []byte{}, []byte{}},
		{"fd00:102:304:506:708::1/64", 6, []byte{0xfd, 0, 1, 2, 3, 4, 5, 6}, []byte{255, 255, 255, 255, 255, 255, 255, 255}},
		{"fd00::ffff/127", 6, append([]byte{0xfd, 13: 0, 14: 255}, 254), append(ones(15), 254)},
		{"fd00::1/128", 6, append([]byte{0xfd, 14: 0}, 1), ones(16)},
	} {
		f := Filter{Prefix: netip.MustParsePrefix(tt.prefix)}
		k := f.knob()
		if k.Family != tt.family {
			t.Errorf("%s: family %d, want %d", tt.prefix, k.Family, tt.family)
		}
		if got, want := inMemory(k.Addr), pad16(tt.addr); got != want {
			t.Errorf("%s: address % x, want % x", tt.prefix, got, want)
		}
		if got, want := inMemory(k.Mask), pad16(tt.mask); got != want {
			t.Errorf("%s: mask % x, want % x", tt.prefix, got, want)
		}
	}
}

// inMemory is what the BPF side finds: network byte order.
func inMemory(words [4]uint32) [16]byte { return *(*[16]byte)(unsafe.Pointer(&words)) }

func pad16(b []byte) (all [16]byte) {
	copy(all[:], b)
	return all
}

func ones(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 255
	}
	return b
}

func TestKnobRest(t *testing.T) {
	f := Filter{
		Devices: []DeviceID{{Netns: 4026532256, Ifindex: 2}, {Netns: 1, Ifindex: 3}},
		Netns:   7, Proto: protoTCP, Port: 0x1234,
	}
	k := f.knob()
	if k.Devices != 2 || k.Device[0] != 4026532256<<32|2 || k.Device[1] != 1<<32|3 || k.Device[2] != 0 {
		t.Errorf("%d devices %x", k.Devices, k.Device[:3])
	}
	if k.Netns != 7 || k.Proto != protoTCP || k.Port != 0x1234 || k.Family != 0 {
		t.Errorf("got %+v, want netns 7, protocol 6, port 0x1234 in host order, any family", k)
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		filter Filter
		want   string
	}{
		{Filter{}, ""},
		{Filter{Port: 53}, ""},
		{Filter{Port: 53, Proto: protoUDP}, ""},
		{Filter{Port: 53, Proto: protoTCP}, ""},
		{Filter{Proto: protoICMP}, ""},
		{Filter{Devices: make([]DeviceID, MaxFilterDevices)}, ""},
		{Filter{Port: 53, Proto: protoICMP}, "protocol icmp has no ports: drop --port or --proto"},
		{Filter{Devices: make([]DeviceID, MaxFilterDevices+1)}, "filter matches 17 devices, at most 16 can be told apart: add --netns"},
	} {
		err := tt.filter.Validate()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
			t.Errorf("%+v: got %v, want %q", tt.filter, err, tt.want)
		}
		if tt.want != "" {
			if _, got := Start(Options{Filter: tt.filter}); cmp.Diff(got.Error(), tt.want) != "" {
				t.Errorf("Start: got %v, want %q", got, tt.want)
			}
		}
	}
}

func TestProtoNames(t *testing.T) {
	for name, proto := range map[string]uint8{"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58} {
		if got := ProtoName(proto); got != name {
			t.Errorf("ProtoName(%d) = %q, want %q", proto, got, name)
		}
		if got, err := ParseProto(name); err != nil || got != proto {
			t.Errorf("ParseProto(%q) = %d, %v, want %d", name, got, err, proto)
		}
	}
	if got, err := ParseProto("TCP"); err != nil || got != protoTCP {
		t.Errorf("ParseProto of TCP = %d, %v", got, err)
	}
	if got := ProtoName(89); got != "89" {
		t.Errorf("ProtoName(89) = %q, want the number", got)
	}
	want := `unknown protocol "sctp": use tcp, udp, icmp or icmpv6`
	if _, err := ParseProto("sctp"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
