// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"

	"github.com/vethtrace/vethtrace/lab"
)

// keepaliveKeys say how TCP asks whether an idle peer is still there: after how
// many seconds, how long it waits for an answer, and how often it asks again.
var keepaliveKeys = [...]string{
	"net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
}

// keepalives are values of these.
type keepalives [len(keepaliveKeys)]string

// storyKeepalives are what is set, so that a keepalive comes after a second.
var storyKeepalives = keepalives{"1", "1", "6"}

func (k keepalives) String() string { return strings.Join(k[:], "/") }

func (k keepalives) byKey() map[string]string {
	all := make(map[string]string)
	for i, key := range keepaliveKeys {
		all[key] = k[i]
	}
	return all
}

// settings set them in a namespace.
func (k keepalives) settings(netns string) (all []lab.Setting) {
	for i, key := range keepaliveKeys {
		all = append(all, lab.Setting{Kind: lab.SysctlKind, Netns: netns, Key: key, Value: k[i]})
	}
	return all
}

// readKeepalives reads them in a namespace.
func readKeepalives(netns string) (k keepalives, err error) {
	values, err := readSysctls(netns, keepaliveKeys[:]...)
	copy(k[:], values)
	return k, err
}
