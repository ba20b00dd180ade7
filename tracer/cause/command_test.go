// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

func TestIn(t *testing.T) {
	s := &State{Own: 1}
	for _, c := range []struct {
		ns   tracer.Netns
		want string
	}{
		{tracer.Netns{Inode: 1, Path: "/run/netns/own"}, "ip link"},
		{tracer.Netns{Inode: 2, Name: "web", Path: "/run/netns/a"}, "ip netns exec a ip link"},
		{tracer.Netns{Inode: 2, Path: "/var/run/netns/it's"}, `ip netns exec 'it'\''s' ip link`},
		{tracer.Netns{Inode: 2, Name: "web", Path: "/run/docker/netns/f00"}, "nsenter --net=/run/docker/netns/f00 ip link"},
	} {
		if got := s.in(c.ns, "ip %s", "link"); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.ns, got, c.want)
		}
	}
}

func TestSetting(t *testing.T) {
	for device, want := range map[string]string{
		"eth0": "net.ipv4.conf.eth0.rp_filter", "eth0.7": "net/ipv4/conf/eth0.7/rp_filter",
	} {
		if got := setting("ipv4", device, "rp_filter"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
