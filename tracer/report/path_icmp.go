// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// icmpNames are the words of RFC 792, 1122 and 1812 for type 3, by code.
var icmpNames = []string{
	"network unreachable", "host unreachable", "protocol unreachable", "port unreachable",
	"fragmentation needed", "source route failed", "network unknown", "host unknown", "source host isolated",
	"network prohibited", "host prohibited", "network unreachable for this service",
	"host unreachable for this service", "communication prohibited", "host precedence violation",
	"precedence cutoff",
}

// icmp6Names are those of RFC 4443 for type 1.
var icmp6Names = []string{
	"no route", "communication prohibited", "beyond scope of source address", "address unreachable",
	"port unreachable", "source address failed policy", "reject route",
}

// icmpName is an ICMP error in words.
func icmpName(e *packets.ICMPError) string {
	code := int(e.Code)
	if e.Proto == 58 {
		switch {
		case e.Type == 1 && code < len(icmp6Names):
			return icmp6Names[code]
		case e.Type == 2:
			return fmt.Sprintf("packet too big (MTU %d)", e.MTU)
		case e.Type == 3:
			return "hop limit exceeded"
		case e.Type == 4:
			return "parameter problem"
		}
		return fmt.Sprintf("ICMPv6 type %d, code %d", e.Type, code)
	}
	switch {
	case e.Type == 3 && code == 4:
		return fmt.Sprintf("fragmentation needed (MTU %d)", e.MTU)
	case e.Type == 3 && code < len(icmpNames):
		return icmpNames[code]
	case e.Type == 4:
		return "source quench"
	case e.Type == 11 && code == 0:
		return "TTL exceeded"
	case e.Type == 11:
		return "reassembly time exceeded"
	case e.Type == 12:
		return "parameter problem"
	}
	return fmt.Sprintf("ICMP type %d, code %d", e.Type, code)
}
