// SPDX-License-Identifier: Apache-2.0

package pathtest

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// ownGroup keeps a child from the signals of the test's terminal.
var ownGroup = &syscall.SysProcAttr{Setpgid: true}

// script makes the network. Settings come before devices, which take them over.
// A router needs its link-local addresses, to ask for neighbours.
const script = `
client=$1 router=$2 server=$3
for n in $client $router $server; do
	ip netns add $n
	ip netns exec $n sh -e -c '
		echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter
		echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
		echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
		echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
		echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		echo 0 >/proc/sys/net/ipv6/conf/default/router_solicitations'
	ip -n $n link set lo up
done
ip netns exec $router sh -e -c '
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip -n $client link add eth0 type veth peer name port netns $router
ip -n $server link add eth0 type veth peer name out netns $router
ip -n $router link add br0 type bridge
ip -n $router link set port master br0
for d in port br0 out; do ip -n $router link set $d up; done
for n in $client $server; do ip -n $n link set eth0 up; done
ip -n $client addr add 10.88.1.2/24 dev eth0
ip -n $client addr add fd88:1::2/64 dev eth0 nodad
ip -n $router addr add 10.88.1.1/24 dev br0
ip -n $router addr add fd88:1::1/64 dev br0 nodad
ip -n $router addr add 10.88.2.1/24 dev out
ip -n $router addr add fd88:2::1/64 dev out nodad
ip -n $server addr add 10.88.2.2/24 dev eth0
ip -n $server addr add fd88:2::2/64 dev eth0 nodad
ip -n $client route add default via 10.88.1.1
ip -n $client -6 route add default via fd88:1::1
ip -n $server route add default via 10.88.2.1
ip -n $server -6 route add default via fd88:2::1
ip netns exec $router nft -f - <<RULES
table ip nat {
	chain post { type nat hook postrouting priority 100; oifname "out" masquerade; }
}
table ip6 nat {
	chain post { type nat hook postrouting priority 100; oifname "out" masquerade; }
}
RULES
`

// waitCarrier waits until all devices may send: before, the kernel drops all.
func (n *Network) waitCarrier(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for _, netns := range []string{n.Client, n.Router, n.Server} {
		for {
			links := Exec(t, netns, "ip", "-br", "link")
			if !strings.Contains(links, " DOWN ") && !strings.Contains(links, "LOWERLAYERDOWN") {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("not all devices of %s come up:\n%s", netns, links)
			}
			time.Sleep(time.Millisecond)
		}
	}
}
