// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"strings"
)

// Mode is the kind of hooks a trace uses where there is a choice.
type Mode string

// The modes. All count the same hops; docs/modes.md says what each can know.
const (
	// ModeAuto is fentry where the kernel allows it, else tracepoint.
	ModeAuto Mode = ""
	// ModeFentry attaches to functions by BPF trampolines (since 5.5, in
	// modules 5.11; arm64 6.0).
	ModeFentry Mode = "fentry"
	// ModeKprobe attaches to functions by kprobes, at about twice the cost.
	ModeKprobe Mode = "kprobe"
	// ModeTracepoint uses tracepoints only.
	ModeTracepoint Mode = "tracepoint"
)

// ParseMode understands "auto" and the names of the modes.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case "auto":
		return ModeAuto, nil
	case ModeFentry, ModeKprobe, ModeTracepoint:
		return m, nil
	}
	return "", fmt.Errorf("mode %q is none of auto, fentry, kprobe, tracepoint", s)
}

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
