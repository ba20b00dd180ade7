// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sh runs a line of shell.
func sh(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-euc", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
	return string(out)
}

// stateOfWire is what bench could leave behind at an end of a wire.
func stateOfWire(t *testing.T, netns string) string {
	t.Helper()
	const look = `ip -o -d link; ip -o addr; ip route show table all; ip -6 route show table all; nft list ruleset
		cd /proc/sys/net; grep . ipv4/ip_forward ipv?/conf/*/forwarding ipv4/conf/*/accept_redirects`
	if netns == "" {
		return sh(t, look)
	}
	return sh(t, "ip netns exec "+netns+" sh -euc '"+look+"'")
}

// wantBenchAtWire compares what is on the way to a remote machine, by the softirq
// hops that are made beyond the wire's own, and looks whether all is undone.
func wantBenchAtWire(t *testing.T, host, device, remote, remoteDevice string, own float64) {
	t.Helper()
	name := labName(t)
	near, far := stateOfWire(t, host), stateOfWire(t, remote)
	args := []string{"lab", "bench", "--rounds", "2", "-d", "300ms", "--json", "--name", name,
		"--dev", device, "--remote", remote, "--remote-dev", remoteDevice}
	if host != "" {
		args = append(args, "--host", host)
	}
	got := runCommandLine(t, args...)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	doc := parseBench(t, got.stdout)
	wantHops(t, doc, map[string]float64{"host": own, "bridge": own + 1, "macvlan": own, "ipvlan-l2": own})
	for _, v := range doc.Variants {
		stacked := v.Name == "macvlan" || v.Name == "ipvlan-l2"
		if v.Absent == "" && stacked && (v.Hops.ExtraHops > 0.1 || !strings.Contains(v.Reason, "as many as host")) {
			t.Errorf("%s: got %.2f extra hops, %q", v.Name, v.Hops.ExtraHops, v.Reason)
		}
		if v.Name == "bridge" && (v.Hops.ExtraHops < 0.9 || !strings.Contains(v.Reason, "more than host, each from xmit over the backlog")) {
			t.Errorf("%s: got %.2f extra hops, %q", v.Name, v.Hops.ExtraHops, v.Reason)
		}
	}
	if left := benchLeft(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
	if after := stateOfWire(t, host); after != near {
		t.Errorf("the host was\n%sand is\n%s", near, after)
	}
	if after := stateOfWire(t, remote); after != far {
		t.Errorf("the remote end was\n%sand is\n%s", far, after)
	}
}

// The wire is a veth pair between two namespaces, whose softirq hop each way has.
func TestLabBenchAtWire(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	host, remote := labName(t)+"-near", labName(t)+"-far"
	t.Cleanup(func() { exec.Command("sh", "-c", "ip netns del "+host+"; ip netns del "+remote).Run() })
	sh(t, "ip netns add "+host+"; ip netns add "+remote+`
		for ns in `+host+" "+remote+`; do ip netns exec $ns sysctl -qw net.ipv6.conf.default.disable_ipv6=1; done
		ip -n `+host+" link add wan0 type veth peer name lan0 netns "+remote+`
		ip -n `+host+" addr add 192.0.2.1/24 dev wan0; ip -n "+host+` link set wan0 up
		ip -n `+remote+" addr add 192.0.2.2/24 dev lan0; ip -n "+remote+` link set lan0 up
		ip -n `+host+` link set lo up
		ip netns exec `+host+` ping -q -c 1 -W 5 192.0.2.2
		for at in "`+host+` wan0" "`+remote+` lan0"; do set -- $at
			until ip -n $1 link show $2 | grep -q "state UP"; do sleep 0.05; done; done`)
	wantBenchAtWire(t, host, "wan0", remote, "lan0", 1)
}

// The article's: a network card of the host, and one on the same wire in another
// namespace as the second machine.
func TestLabBenchRemote(t *testing.T) {
	if !inVM {
		t.Skip("needs a machine of make test-vm, whose two network cards are on one wire")
	}
	var cards []string
	for _, card := range []string{"eth0", "eth1"} {
		if driver, err := os.Readlink("/sys/class/net/" + card + "/device/driver"); err == nil {
			cards = append(cards, card+" "+filepath.Base(driver))
		}
	}
	if got := strings.Join(cards, ", "); got != "eth0 virtio_net, eth1 virtio_net" {
		t.Fatalf("got network cards %q, want two of virtio_net", got)
	}
	t.Cleanup(func() {
		exec.Command("sh", "-c", "ip netns del second-machine; ip addr flush dev eth0; ip link set eth0 down").Run()
		eventually(t, "the other card is back", func() bool { return exists("/sys/class/net/eth1") })
	})
	sh(t, `ip netns add second-machine; ip link set eth1 netns second-machine
		sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1; ip netns exec second-machine sysctl -qw net.ipv6.conf.eth1.disable_ipv6=1
		ip addr add 192.0.2.1/24 dev eth0; ip link set eth0 up
		ip -n second-machine addr add 192.0.2.2/24 dev eth1; ip -n second-machine link set eth1 up
		ping -q -c 1 -W 20 192.0.2.2
		until ip link show eth0 | grep -q "state UP" && ip -n second-machine link show eth1 | grep -q "state UP"; do sleep 0.1; done`)
	wantBenchAtWire(t, "", "eth0", "second-machine", "eth1", 0)
}
