// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"os/exec"
	"strings"
	"testing"
)

// theirs is a namespace of somebody else, with a device, an address, a route, a
// firewall and a sysctl of its own, in the test's own /run.
func theirs(t *testing.T) string {
	t.Helper()
	const name = "theirs"
	for _, command := range []string{
		"ip netns add theirs", "ip -n theirs link set lo up",
		"ip netns exec theirs sysctl -qw net.ipv6.conf.default.accept_dad=0",
		"ip -n theirs link add own0 numrxqueues 2 type veth peer name own1",
		"ip -n theirs addr add 192.0.2.1/24 dev own0", "ip -n theirs link set own0 up", "ip -n theirs link set own1 up",
		"ip -n theirs route add 198.51.100.0/24 via 192.0.2.2",
		"ip netns exec theirs nft 'table ip mine { chain forward { type filter hook forward priority 0; policy drop; }; }'",
		"ip netns exec theirs sysctl -qw net.ipv4.conf.own0.forwarding=1",
		"ip netns exec theirs ethtool -K own0 gro off", // on by default before Linux 5.13
		"ip netns exec theirs sh -c 'echo 1 > /sys/class/net/own0/queues/rx-0/rps_cpus'",
	} {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	t.Cleanup(func() { exec.Command("ip", "netns", "del", name).Run() })
	exactly := exact(t, name)
	for last := ""; last != exactly || unsettled(last); exactly = exact(t, name) {
		last = exactly // IPv6 has not finished
	}
	return name
}

// unsettled says that the kernel has yet to notice a carrier or to look for a
// duplicate of an address.
func unsettled(state string) bool {
	return strings.Contains(state, "tentative") || strings.Contains(state, "NO-CARRIER")
}

// exact is all of a namespace that a lab might touch, byte by byte.
func exact(t *testing.T, netns string) string {
	t.Helper()
	// Few processes: each takes a tenth of a second in an emulated machine.
	const all = `printf '%s\n' link addr 'route show table all' rule 'neigh show nud permanent' | ip -d -batch -
printf '%s\n' 'route show table all' rule | ip -6 -batch -
nft list ruleset; tc qdisc show
grep -r . /proc/sys/net/ipv4/conf /proc/sys/net/ipv6/conf /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/tcp_rmem /proc/sys/net/ipv4/tcp_sack 2>&1 |
	grep -v stable_secret
grep . /sys/class/net/*/queues/rx-*/rps_* /sys/class/net/*/mtu
for d in own0 wan0; do ethtool -k $d; done 2>&1 || true`
	return command(t, "ip", "netns", "exec", netns, "sh", "-c", all)
}

// wantExact compares.
func wantExact(t *testing.T, netns, want, when string) {
	t.Helper()
	if got := exact(t, netns); got != want {
		t.Fatalf("%s: %s", when, firstDifference(got, want))
	}
}
