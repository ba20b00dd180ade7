// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

func TestMark(t *testing.T) {
	device := tracer.DeviceName{NetnsName: "demo-b", Ifname: "eth0"}
	device.Netns, device.Ifindex = 4026532457, 2
	anonymous := tracer.DeviceName{}
	anonymous.Netns = 4026532457
	s := compileSchema(t)
	for want, m := range map[string]Mark{
		"rps of demo-b/eth0: 0 -> 3 (set by lab demo)":                                       {Setting: "rps", Device: device, Before: "0", After: "3"},
		"qdisc of demo-b/eth0: tbf rate 1mbit -> gone (undone by lab demo)":                  {Setting: "qdisc", Device: device, Before: "tbf rate 1mbit", Undone: true},
		"net.ipv4.tcp_rmem of namespace 4026532457: 4096 1 2 -> 4096 3 4 (set by lab demo)":  {Setting: "sysctl", Key: "net/ipv4/tcp_rmem", Device: anonymous, Before: "4096 1 2", After: "4096 3 4"},
		"net/ipv4/conf/eth0.5/rp_filter of namespace 4026532457: 0 -> a?b (set by lab demo)": {Setting: "sysctl", Key: "net/ipv4/conf/eth0.5/rp_filter", Device: anonymous, Before: "0", After: "a\nb"},
	} {
		m.Lab, m.TSNS = "demo", 81_213_377_123
		if got := m.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if err := validate(s, AppendMark(nil, &m)); err != nil {
			t.Errorf("%s: %v", AppendMark(nil, &m), err)
		}
	}
	run := tracer.Run{WallOffsetNS: int64(time.Hour), Started: time.Unix(0, 0).UTC()}
	if got := MarkTime(&run, &Mark{TSNS: uint64(time.Minute)}); !got.Equal(time.Unix(3660, 0)) || got.Location() != time.UTC {
		t.Errorf("got %v", got)
	}
}
