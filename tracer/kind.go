// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"strings"
)

// Kind is a kind of device whose transmission ends in another NET_RX softirq.
type Kind uint8

// The kinds. Each is what `ip -d link` calls it, except that loopback has no
// kind there.
const (
	KindVeth Kind = iota
	KindLoopback
	KindMacvlan
	KindIpvlan
	KindNetkit
	NumKinds
)

// String returns the kind's name in tables, flags and JSON.
func (k Kind) String() string {
	return [...]string{"veth", "loopback", "macvlan", "ipvlan", "netkit"}[k]
}

// ParseKinds understands a list of names with commas, and "all".
func ParseKinds(list string) ([]Kind, error) {
	var kinds []Kind
	for name := range strings.SplitSeq(list, ",") {
		if name == "all" {
			return AllKinds(), nil
		}
		k, err := parseKind(name)
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// AllKinds returns every kind.
func AllKinds() []Kind {
	all := make([]Kind, NumKinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

func parseKind(name string) (Kind, error) {
	for _, k := range AllKinds() {
		if k.String() == name {
			return k, nil
		}
	}
	return 0, fmt.Errorf("kind %q is none of veth, loopback, macvlan, ipvlan, netkit, all", name)
}

// kindsMask has a bit for each kind; veth is what is traced if nothing is said.
func kindsMask(kinds []Kind) uint32 {
	var mask uint32
	for _, k := range kindsOrVeth(kinds) {
		mask |= 1 << k
	}
	return mask
}

func kindsOrVeth(kinds []Kind) []Kind {
	if len(kinds) == 0 {
		return []Kind{KindVeth}
	}
	return kinds
}

// kindList names kinds in a sentence.
func kindList(kinds []Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.String())
	}
	return strings.Join(names, " or ")
}
