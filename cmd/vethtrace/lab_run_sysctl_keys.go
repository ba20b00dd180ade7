// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// storyKeys are one or more of each kind: inherited, reset, conditional, of the
// host only.
var storyKeys = []string{
	"net.core.netdev_max_backlog", "net.core.somaxconn",
	"net.ipv4.ip_forward", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_congestion_control",
	"net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
}

// compareStoryKeys compares the first container with the machine's host, which
// new namespaces get their values from.
func compareStoryKeys(l *lab.Lab) ([]sysctl.Key, error) {
	host, err := tracer.FindNetns("host")
	if err != nil {
		return nil, err
	}
	container, err := tracer.FindNetns(l.Containers[0].Netns)
	if err != nil {
		return nil, err
	}
	c, err := sysctl.Compare(host, &container)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(c.Keys, func(k sysctl.Key) bool { return !slices.Contains(storyKeys, k.Name) }), nil
}

// findKey returns one of the keys, nil if this kernel has none of that name.
func findKey(keys []sysctl.Key, name string) *sysctl.Key {
	i := slices.IndexFunc(keys, func(k sysctl.Key) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &keys[i]
}
