// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"os"
	"strings"
	"testing"
)

const rpsPath = "/sys/class/net/eth0/queues/rx-0/rps_cpus"

func TestSetRPS(t *testing.T) {
	l := mustUp(t, labName(t))
	end, peer := l.Ends[1], l.Ends[0]
	outside, outsideErr := os.ReadFile(rpsPath)
	for _, mask := range []string{"1", "0", "1"} {
		if err := SetRPS(end.Netns, end.Ifname, mask); err != nil {
			t.Fatal(err)
		}
		got, err := RPS(end.Netns, end.Ifname)
		if err != nil {
			t.Fatal(err)
		}
		// ip netns exec mounts a /sys of its own.
		want := strings.TrimSpace(command(t, "ip", "netns", "exec", end.Netns, "cat", rpsPath))
		if got != want || strings.TrimLeft(got, "0,") != strings.Trim(mask, "0") {
			t.Errorf("set %s: RPS says %q, sysfs %q", mask, got, want)
		}
	}
	if got, err := RPS(peer.Netns, peer.Ifname); err != nil || strings.Trim(got, "0,") != "" {
		t.Errorf("the other end: got %q, %v, want 0", got, err)
	}
	if now, err := os.ReadFile(rpsPath); string(now) != string(outside) || (err == nil) != (outsideErr == nil) {
		t.Errorf("eth0 outside the lab changed from %q to %q", outside, now)
	}
}

func TestSetRPSOnEveryQueue(t *testing.T) {
	l := mustUp(t, labName(t))
	ns := l.Ends[0].Netns
	command(t, "ip", "-n", ns, "link", "add", "many0", "numrxqueues", "3", "type", "veth", "peer", "name", "many1")
	if err := SetRPS(ns, "many0", "1"); err != nil {
		t.Fatal(err)
	}
	if got, err := RPS(ns, "many0"); err != nil || strings.TrimLeft(got, "0,") != "1" {
		t.Errorf("the same mask on each queue: got %q, %v, want 1", got, err)
	}
	out := command(t, "ip", "netns", "exec", ns, "sh", "-c", "cat /sys/class/net/many0/queues/rx-*/rps_cpus")
	for i, mask := range strings.Fields(out) {
		if strings.TrimLeft(mask, "0,") != "1" {
			t.Errorf("queue %d: got %s, want 1", i, mask)
		}
	}
	command(t, "ip", "netns", "exec", ns, "sh", "-c", "echo 0 > /sys/class/net/many0/queues/rx-0/rps_cpus")
	got, err := RPS(ns, "many0")
	if queues := len(strings.Fields(out)); queues > 1 && len(strings.Fields(got)) != queues {
		t.Errorf("different masks on %d queues: got %q, %v", queues, got, err)
	}
}

func TestSetRPSErrors(t *testing.T) {
	l := mustUp(t, labName(t))
	ns := l.Ends[0].Netns
	for _, c := range []struct{ netns, ifname, mask string }{
		{ns, "eth0", ""}, {ns, "eth0", "g"}, {ns, "eth0", "1 1"}, {ns, "eth0", "-1"},
		{ns, "eth1", "1"}, {ns, "../eth0", "1"}, {ns + "x", "eth0", "1"}, {"../netns/" + ns, "eth0", "1"},
	} {
		if SetRPS(c.netns, c.ifname, c.mask) == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if got, err := RPS(ns, "eth0"); err != nil || strings.Trim(got, "0,") != "" {
		t.Errorf("after errors: got %q, %v, want 0", got, err)
	}
}

func TestIsMask(t *testing.T) {
	for _, mask := range []string{"0", "3", "ff", "00000001,ffffffff"} {
		if !isMask(mask) {
			t.Errorf("%q is refused", mask)
		}
	}
	for _, mask := range []string{"", ",", "1,", "0x3", "+1", "fffffffff", "1\n"} {
		if isMask(mask) {
			t.Errorf("%q is accepted", mask)
		}
	}
}
