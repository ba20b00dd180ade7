// SPDX-License-Identifier: Apache-2.0

package sysctl

import "strings"

// inheritKey is the switch, a number from 0 to 3 (3 is there on 5.10 and later).
const inheritKey = "net/core/devconf_inherit_init_net"

// confEffect says what the switch makes of a key: Inherited or Reset, and in
// words from where. devinet_init_net (net/ipv4/devinet.c) and addrconf_init_net
// (net/ipv6/addrconf.c) read it when a namespace is made.
func confEffect(key, mode string) (Verdict, string) {
	switch key {
	case "net/ipv6/conf/default/autoconf", "net/ipv6/conf/default/disable_ipv6":
		return Reset, "as the parameters of module ipv6 say"
	}
	if mode == "3" {
		return Inherited, "copied from the namespace of the process that made it"
	}
	if strings.HasPrefix(key, "net/ipv6/") {
		if mode == "1" {
			return Inherited, "copied from the host"
		}
		return Reset, "the kernel's default"
	}
	if mode == "2" {
		return Reset, "the kernel's default"
	}
	return Inherited, "copied from the host"
}
