// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// upAs makes a lab, or skips where the kernel has no such devices.
func upAs(t *testing.T, name string, shape Shape) *Lab {
	t.Helper()
	l, err := Up(Options{Name: name, Shape: shape})
	if errors.Is(err, unix.EOPNOTSUPP) && strings.Contains(err.Error(), "this kernel has no") {
		if got := traces(t, name); got != nil {
			t.Errorf("left after an error: %q", got)
		}
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// mustPing wants the answer to a ping.
func mustPing(t *testing.T, from End, to netip.Addr) {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", from.Netns, "ping", "-n", "-c", "1", "-W", "3", to.String()).CombinedOutput()
	if err != nil {
		t.Errorf("ping from %s to %v: %v: %s", from.Netns, to, err, out)
	}
}

func TestTopologies(t *testing.T) {
	for _, topology := range Topologies() {
		t.Run(string(topology), func(t *testing.T) {
			name := labName(t)
			links := hostLinks(t)
			l := upAs(t, name, Shape{Topology: topology})
			if len(l.Containers) != 2 || l.Containers[0].Netns != netnsName(name, "a") || l.Containers[1].Netns != netnsName(name, "b") {
				t.Errorf("containers: %+v", l.Containers)
			}
			if (l.Host == nil) != topology.pair() || (l.Uplink == nil) != topology.pair() {
				t.Errorf("host %+v, uplink %+v", l.Host, l.Uplink)
			}
			a, far := l.Ends[0], l.Ends[1]
			for _, to := range []End{far, l.Containers[1]} {
				mustPing(t, a, to.IPv4.Addr())
				mustPing(t, a, to.IPv6.Addr())
			}
			res, err := RequestResponse{CPU: -1, Duration: 100 * time.Millisecond}.Run(t.Context(), l)
			if err != nil || res.Transactions == 0 {
				t.Errorf("TCP: %+v, %v", res, err)
			}
			if again := upAs(t, name, Shape{Topology: topology}); again.Containers[0].NetnsInode != a.NetnsInode {
				t.Errorf("made anew: %+v, was %+v", again.Containers[0], a)
			}
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			wantGone(t, name)
			if got := hostLinks(t); got != links {
				t.Errorf("devices outside the lab changed from\n%sto\n%s", links, got)
			}
		})
	}
}
