// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"encoding/binary"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// ifnameBytes is IFNAMSIZ.
const ifnameBytes = 16

func ifnameData(name string) []byte {
	data := make([]byte, ifnameBytes)
	copy(data, name)
	return data
}

// meta loads what is known of the packet beside its headers.
func (p *packet) meta(x *expr.Meta) truth {
	switch x.Key {
	case expr.MetaKeyIIFNAME:
		return p.device(x.Register, "iifname", p.q.In, p.hook == "output" || p.hook == "postrouting" && p.q.In == "")
	case expr.MetaKeyOIFNAME:
		return p.device(x.Register, "oifname", p.q.Out, p.hook == "prerouting" || p.hook == "input" || p.hook == "ingress")
	case expr.MetaKeyL4PROTO:
		p.load(x.Register, "meta l4proto", []byte{p.q.Flow.Proto})
	case expr.MetaKeyNFPROTO:
		family := byte(unix.NFPROTO_IPV4)
		if p.q.v6() {
			family = unix.NFPROTO_IPV6
		}
		p.load(x.Register, "meta nfproto", []byte{family})
	case expr.MetaKeyPROTOCOL:
		ether := uint16(unix.ETH_P_IP)
		if p.q.v6() {
			ether = unix.ETH_P_IPV6
		}
		p.load(x.Register, "meta protocol", binary.BigEndian.AppendUint16(nil, ether))
	default:
		p.load(x.Register, "meta ...", nil)
	}
	return yes
}

// device loads a device's name. Where a hook has none the rule does not match.
func (p *packet) device(reg uint32, what, name string, none bool) truth {
	switch {
	case none:
		return no
	case name == "":
		p.load(reg, what, nil)
	default:
		p.load(reg, what, ifnameData(name))
	}
	return yes
}

// payload loads what a header is known to hold.
func (p *packet) payload(x *expr.Payload) truth {
	if x.OperationType == expr.PayloadWrite {
		return yes
	}
	name, data := "payload ...", []byte(nil)
	switch x.Base {
	case expr.PayloadBaseNetworkHeader:
		name, data = p.network(x.Offset, x.Len)
	case expr.PayloadBaseTransportHeader:
		name, data = p.transport(x.Offset, x.Len)
	}
	p.load(x.DestRegister, name, data)
	return yes
}

// network takes bytes of the IP header.
func (p *packet) network(offset, length uint32) (string, []byte) {
	f := p.q.Flow
	src, dst := f.Src.Addr().AsSlice(), f.Dst.Addr().AsSlice()
	if p.q.v6() {
		switch {
		case offset == 8 && length <= 16:
			return "ip6 saddr", src[:length]
		case offset == 24 && length <= 16:
			return "ip6 daddr", dst[:length]
		case offset == 6 && length == 1:
			return "ip6 nexthdr", []byte{f.Proto}
		}
		return "ip6 ...", nil
	}
	switch {
	case len(src) != 4 || len(dst) != 4:
	case offset == 12 && length <= 4:
		return "ip saddr", src[:length]
	case offset == 16 && length <= 4:
		return "ip daddr", dst[:length]
	case offset == 9 && length == 1:
		return "ip protocol", []byte{f.Proto}
	}
	return "ip ...", nil
}

// transport takes bytes of the header behind it: ports.
func (p *packet) transport(offset, length uint32) (string, []byte) {
	f := p.q.Flow
	word := map[uint8]string{unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp"}[f.Proto]
	if word == "" || length != 2 {
		return "transport ...", nil
	}
	switch offset {
	case 0:
		return word + " sport", binary.BigEndian.AppendUint16(nil, f.Src.Port())
	case 2:
		return word + " dport", binary.BigEndian.AppendUint16(nil, f.Dst.Port())
	}
	return word + " ...", nil
}
