// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

// A service behind an address and port of the router's.
func TestDestinationNAT(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Listen(t, n.Server, 80)
	pathtest.Shell(t, n.Router, `nft add chain ip nat pre '{ type nat hook prerouting priority -100; }'
		nft add rule ip nat pre tcp dport 4321 dnat to 10.88.2.2:80`)
	for _, j := range mustRun(t, fromClient(t, n, n.V4.Gateway, protoTCP)) {
		if got := story(n, &j); got != toServer+toClient+"answered (answer)" {
			t.Errorf("probe %d: got %s", j.Probe.Number, got)
		}
		if got := last(j.Out).Flow.Dst; got != netip.AddrPortFrom(n.V4.Server, 80) {
			t.Errorf("probe %d arrived as sent to %v", j.Probe.Number, got)
		}
	}
}

// last is where a packet that was not dropped was seen for the last time.
func last(seen []Sighting) (s Sighting) {
	for _, at := range seen {
		if at.Point != PointConsume {
			s = at
		}
	}
	return s
}

// Ports change, too, and come back.
func TestSourcePortNAT(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Listen(t, n.Server, 4321)
	pathtest.Shell(t, n.Router, `nft insert rule ip nat post udp dport 4321 masquerade to :7000-7002`)
	for _, j := range mustRun(t, fromClient(t, n, n.V4.Server, protoUDP)) {
		if got := story(n, &j); got != toServer+toClient+"answered (answer)" {
			t.Errorf("probe %d: got %s", j.Probe.Number, got)
		}
		if port := last(j.Out).Flow.Src.Port(); port < 7000 || port > 7002 {
			t.Errorf("probe %d arrived from port %d", j.Probe.Number, port)
		}
		if got, want := last(j.Back).Flow.Dst, j.Probe.Flow.Src; got != want {
			t.Errorf("probe %d: the answer came to %v, want %v", j.Probe.Number, got, want)
		}
	}
}

// Connection tracking knows nothing of addresses that are just written over; the
// packet is the same, though.
func TestStatelessNAT(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Shell(t, n.Router, `nft -f - <<RULES
table ip raw {
	chain pre {
		type filter hook prerouting priority -300;
		ip daddr 10.88.1.1 icmp type echo-request ip daddr set 10.88.2.2 notrack
	}
}
RULES`)
	for _, j := range mustRun(t, fromClient(t, n, n.V4.Gateway, protoICMP)) {
		// The answer's address is not written over: nobody expects it.
		if got := story(n, &j); !strings.HasPrefix(got, toServer+"xmit server/eth0, receive router/out, ") || j.End.Outcome == Answered {
			t.Errorf("probe %d: got %s", j.Probe.Number, got)
		}
	}
}
