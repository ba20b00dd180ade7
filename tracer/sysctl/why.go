// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"fmt"
	"strings"
)

// maker is where the kernel sets up a key of each new namespace.
type maker struct{ prefix, function, file string }

// makers, the first whose prefix fits. Read in Linux 6.12; where a file is left
// out it differs between versions.
var makers = []maker{
	{"net/ipv4/tcp_", "tcp_sk_init", "net/ipv4/tcp_ipv4.c"},
	{"net/ipv4/conf/", "devinet_init_net", "net/ipv4/devinet.c"},
	{"net/ipv4/ip_forward", "devinet_init_net", "net/ipv4/devinet.c"},
	{"net/ipv4/icmp_", "icmp_sk_init", "net/ipv4/icmp.c"},
	{"net/ipv4/ipfrag_", "ipv4_frags_init_net", "net/ipv4/ip_fragment.c"},
	{"net/ipv4/route/", "sysctl_route_net_init", "net/ipv4/route.c"},
	{"net/ipv4/", "inet_init_net", "net/ipv4/af_inet.c"},
	{"net/ipv6/conf/", "addrconf_init_net", "net/ipv6/addrconf.c"},
	{"net/ipv6/ip6frag_", "ipv6_frags_init_net", "net/ipv6/reassembly.c"},
	{"net/ipv6/route/", "ip6_route_net_init", "net/ipv6/route.c"},
	{"net/ipv6/", "inet6_net_init", "net/ipv6/af_inet6.c"},
	{"net/core/", "sysctl_core_net_init", "net/core/sysctl_net_core.c"},
	{"net/netfilter/nf_conntrack_", "nf_conntrack_pernet_init", "net/netfilter/nf_conntrack_standalone.c"},
	{"net/bridge/", "br_netfilter_sysctl_init_net", "net/bridge/br_netfilter_hooks.c"},
	{"net/unix/", "unix_net_init", "net/unix/af_unix.c"},
	{"net/mptcp/", "mptcp_net_init", "net/mptcp/ctrl.c"},
	{"net/sctp/", "sctp_defaults_init", "net/sctp/protocol.c"},
}

func makerOf(key string) string {
	for _, m := range makers {
		if strings.HasPrefix(key, m.prefix) {
			return fmt.Sprintf("%s, %s", m.function, m.file)
		}
	}
	return ""
}

// by is the function in brackets, if it is known.
func by(key string) string {
	if m := makerOf(key); m != "" {
		return " (" + m + ")"
	}
	return ""
}

// why puts a verdict into words.
func why(key string, k *Key, mode string) string {
	switch k.Verdict {
	case Inherited:
		return "copied from the host when the namespace is made, then its own" + by(key)
	case Reset:
		return "the kernel's default in each new namespace, whatever the host has" + by(key)
	case Conditional:
		_, from := confEffect(key, mode)
		return fmt.Sprintf("%s when the namespace is made, because net.core.devconf_inherit_init_net is %s%s", from, mode, by(key))
	case OfDevice:
		if strings.Contains(key, "/neigh/") {
			return "copied from the host's neigh/default when the device comes into the namespace (neigh_parms_alloc, net/core/neighbour.c)"
		}
		if strings.HasPrefix(key, "net/ipv6/") {
			return "copied from the namespace's own conf/default when the device comes into it (ipv6_add_dev, net/ipv6/addrconf.c)"
		}
		return "copied from the namespace's own conf/default when the device comes into it (inetdev_init, net/ipv4/devinet.c)"
	case Shared:
		return "one value for all namespaces, set on the host only" + by(key)
	case HostOnly:
		return "one value for all namespaces, to be seen and set on the host only"
	case Constant:
		return "cannot be set"
	}
	return "neither measured nor to be observed"
}
