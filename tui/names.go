// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// deviceText is a device as netns/ifname. A namespace without a name is its
// inode number, a device without one its ifindex.
func deviceText(d tracer.DeviceName) string {
	return netnsText(d.Netns, d.NetnsName) + "/" + ifnameText(d)
}

func netnsText(inode uint32, name string) string {
	if name != "" {
		return printable(name)
	}
	return strconv.FormatUint(uint64(inode), 10)
}

func ifnameText(d tracer.DeviceName) string {
	if d.Ifname != "" {
		return printable(d.Ifname)
	}
	return "gone:if" + strconv.FormatUint(uint64(d.Ifindex), 10)
}

// shortDevice shortens a deviceText; the interface name is the last to be cut.
func shortDevice(s string, width int) string {
	slash := strings.LastIndexByte(s, '/')
	room := width - textWidth(s[slash+1:]) - 1
	if textWidth(s) <= width || slash < 0 || room < 3 {
		return cutMiddle(s, width)
	}
	return cutMiddle(s[:slash], room) + s[slash:]
}

const flowArrow = " -> "

func flowText(k tracer.FlowKey) string {
	text := endpointText(k.Src) + flowArrow + endpointText(k.Dst)
	if k.ID != 0 {
		text += " id " + strconv.Itoa(int(k.ID))
	}
	return text
}

func endpointText(a netip.AddrPort) string {
	if !a.Addr().IsValid() {
		return "?"
	}
	if a.Port() == 0 {
		return printable(a.Addr().String())
	}
	return printable(a.String())
}

// shortFlow shortens both addresses of a flowText in their middle, the longer
// one first.
func shortFlow(s string, width int) string {
	src, dst, ok := strings.Cut(s, flowArrow)
	if !ok {
		return cutMiddle(s, width)
	}
	room := width - len(flowArrow)
	half := room / 2
	switch {
	case textWidth(src) <= half:
		return src + flowArrow + cutMiddle(dst, room-textWidth(src))
	case textWidth(dst) <= room-half:
		return cutMiddle(src, room-textWidth(dst)) + flowArrow + dst
	}
	return cutMiddle(src, half) + flowArrow + cutMiddle(dst, room-half)
}

func protoText(proto uint8) string {
	switch proto {
	case 1:
		return "icmp"
	case 6:
		return "tcp"
	case 17:
		return "udp"
	case 58:
		return "icmp6"
	case 132:
		return "sctp"
	}
	return strconv.Itoa(int(proto))
}
