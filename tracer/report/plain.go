// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

// plain returns s with everything that is not printable ASCII replaced by "?":
// an interface may be named with terminal control sequences.
func plain(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return string(appendPlain(nil, s))
		}
	}
	return s
}

func appendPlain(b []byte, s string) []byte {
	for _, r := range s {
		if r < ' ' || r > '~' {
			r = '?'
		}
		b = append(b, byte(r))
	}
	return b
}

// elide shortens s to width characters by leaving out its middle.
func elide(s string, width int) string {
	if len(s) <= width || width < 3 {
		return s
	}
	head := (width - 1) / 2
	return s[:head] + "~" + s[len(s)-(width-1-head):]
}

// FormatDevice returns a device for people, NETNS/INTERFACE, in printable
// ASCII: "host/veth57703b6". What has no name goes by its number.
func FormatDevice(d tracer.DeviceName) string { return plain(d.String()) }

// FormatFlow returns a flow for people: "tcp 10.9.0.1:5201 > 10.9.0.2:80".
// Ports are left out when both are 0, as for ICMP; a ping has its number behind.
func FormatFlow(k tracer.FlowKey) string { return string(appendFlowText(nil, &k)) }

func appendFlowText(b []byte, k *tracer.FlowKey) []byte {
	b = appendProto(b, k.Proto)
	b = append(b, ' ')
	ports := k.Src.Port() != 0 || k.Dst.Port() != 0
	start := len(b)
	if ports {
		b = k.Src.AppendTo(b)
		b = append(b, " > "...)
		b = k.Dst.AppendTo(b)
	} else {
		b = k.Src.Addr().AppendTo(b)
		b = append(b, " > "...)
		b = k.Dst.Addr().AppendTo(b)
	}
	for i := start; i < len(b); i++ {
		if b[i] < ' ' || b[i] > '~' { // the zone of a link-local address
			b[i] = '?'
		}
	}
	if k.ID != 0 {
		b = strconv.AppendUint(append(b, " id "...), uint64(k.ID), 10)
	}
	return b
}

// appendProto appends the name of an IP protocol: one of five names, else the
// number in digits. JSON has the same; no name may be added to it.
func appendProto(b []byte, proto uint8) []byte {
	switch proto {
	case 1:
		return append(b, "icmp"...)
	case 6:
		return append(b, "tcp"...)
	case 17:
		return append(b, "udp"...)
	case 58:
		return append(b, "icmpv6"...)
	case 132:
		return append(b, "sctp"...)
	}
	return strconv.AppendUint(b, uint64(proto), 10)
}
