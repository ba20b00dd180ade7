// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"fmt"
	"path"
	"strings"
)

// matcher understands a pattern: with a wildcard it has to match the whole name
// or what follows a dot in it, without one it is a part of the name.
func matcher(pattern string) (func(name string) bool, error) {
	// path.Match has no wildcard that crosses a slash: the dots stay.
	p := strings.ReplaceAll(strings.TrimPrefix(pattern, root+"/"), "/", ".")
	if _, err := path.Match(p, ""); err != nil {
		return nil, fmt.Errorf("the pattern %q is not one of the shell's: %w", pattern, err)
	}
	if !strings.ContainsAny(p, "*?[") {
		return func(name string) bool { return strings.Contains(strings.ReplaceAll(name, "/", "."), p) }, nil
	}
	return func(name string) bool {
		for rest := strings.ReplaceAll(name, "/", "."); ; {
			if ok, _ := path.Match(p, rest); ok {
				return true
			}
			_, after, more := strings.Cut(rest, ".")
			if !more {
				return false
			}
			rest = after
		}
	}, nil
}

// told are the keys that are asked for most, shown when nothing else is.
var told = []string{
	"net.core.rmem_max", "net.core.somaxconn", "net.core.wmem_max",
	"net.ipv4.conf.all.rp_filter", "net.ipv4.ip_forward", "net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_congestion_control", "net.ipv4.tcp_fin_timeout",
	"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_mem", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_tw_reuse", "net.ipv4.tcp_wmem",
	"net.ipv6.conf.all.disable_ipv6", "net.ipv6.conf.all.forwarding",
	"net.core.netdev_max_backlog", "net.netfilter.nf_conntrack_max",
}

// Told says whether the key is among those that are asked for most.
func (k *Key) Told() bool {
	for _, name := range told {
		if k.Name == name {
			return true
		}
	}
	return false
}
