// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// sockets returns those of the thread's namespace that have the packet's
// destination port: of TCP those that listen. A family that is not there has
// none.
func sockets(flow tracer.FlowKey) (all []Socket) {
	name := map[uint8]string{protoTCP: "tcp", protoUDP: "udp"}[flow.Proto]
	if name == "" {
		return nil
	}
	for _, family := range []string{"", "6"} {
		if flow.Dst.Addr().Is6() && family == "" {
			continue
		}
		// /proc/net would be that of the process.
		f, err := os.Open("/proc/thread-self/net/" + name + family)
		if err != nil {
			continue
		}
		for _, s := range parseSockets(f, flow.Proto == protoTCP) {
			if s.Addr.Port() == flow.Dst.Port() {
				all = append(all, s)
			}
		}
		f.Close()
	}
	return all
}

// parseSockets reads /proc/net/tcp, udp, tcp6 or udp6.
func parseSockets(r io.Reader, listening bool) (all []Socket) {
	const listens = "0A"
	lines := bufio.NewScanner(r)
	lines.Scan() // the titles
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 5 || listening && words[3] != listens {
			continue
		}
		addr, ok := parseAddr(words[1])
		if !ok {
			continue
		}
		s := Socket{Addr: addr}
		if _, queue, ok := strings.Cut(words[4], ":"); ok {
			s.Queue, _ = strconv.ParseUint(queue, 16, 64)
		}
		if !listening {
			s.Drops, _ = strconv.ParseUint(words[len(words)-1], 10, 64)
		}
		all = append(all, s)
	}
	return all
}

// parseAddr reads an address as words of 32 bits in host order, and a port.
func parseAddr(text string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(text, ":")
	n, err := strconv.ParseUint(port, 16, 16)
	b, hexErr := hex.DecodeString(host)
	if !ok || err != nil || hexErr != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}
