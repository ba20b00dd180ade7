// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"
)

// ErrNotSupported is matched by errors about something this kernel lacks.
var ErrNotSupported = errors.New("not supported by this kernel")

// features is what was found out about the kernel, once, before loading.
type features struct {
	kernel string
	// types is the kernel's BTF. Since 5.2, with CONFIG_DEBUG_INFO_BTF.
	types *btf.Spec
	// cache has them too, and those of modules.
	cache *btf.Cache
	// rdonlyCast is whether bpf_rdonly_cast exists (6.2, a35b9af4ec2c).
	rdonlyCast bool
	// percpu are the offsets that bpf/context.h reads by, by knob; nil where
	// they cannot be found.
	percpu map[string]uint32
	// compareExchange is whether BPF has an atomic compare-and-exchange
	// (5.12, 5ffa25502b5a).
	compareExchange bool
	// intPointers is whether fentry programs may read arguments that are
	// pointers to numbers. 5.10 refuses; 6.1 is the next that was tried.
	intPointers bool
	// dropReasons are the names of enum skb_drop_reason, by number; empty
	// where tracepoint kfree_skb gives none (before 5.17, c504e5c2f964).
	dropReasons map[uint32]string
	// retransmitErr is whether tracepoint tcp_retransmit_skb tells of attempts
	// that failed (since 6.17).
	retransmitErr bool
}

// probeFeatures reads them. It needs no rights.
func probeFeatures() (*features, error) {
	f := &features{kernel: KernelRelease()}
	f.cache = btf.NewCache()
	types, err := f.cache.Kernel()
	if err != nil {
		return nil, fmt.Errorf("reading the kernel's type information (BTF; needs CONFIG_DEBUG_INFO_BTF and /sys/kernel/btf/vmlinux): %w: %w", ErrNotSupported, err)
	}
	f.types = types
	var fn *btf.Func
	f.rdonlyCast = types.TypeByName("bpf_rdonly_cast", &fn) == nil
	f.percpu = percpuOffsets(types)
	f.compareExchange = kernelAtLeast(5, 12)
	f.dropReasons = dropReasons(types)
	f.intPointers = kernelAtLeast(6, 1)
	f.retransmitErr = len(tracepointParams(types, "tcp_retransmit_skb")) > 3
	return f, nil
}

// chooser picks hooks by these features.
func (f *features) chooser() *chooser {
	return &chooser{
		attachable: f.canAttach,
		explain:    explainFunction,
		tracepoint: f.hasTracepoint,
		banned:     make(map[string]string),
		tried:      make(map[trial]error),
	}
}

// kernelAtLeast compares the kernel's version, for what cannot be found out by
// trying. An unreadable one counts as new.
func kernelAtLeast(major, minor int) bool {
	var a, b int
	if _, err := fmt.Sscanf(KernelRelease(), "%d.%d", &a, &b); err != nil {
		return true
	}
	return a > major || a == major && b >= minor
}

// hasTracepoint says whether a program can be attached to a tracepoint by BTF.
func (f *features) hasTracepoint(name string) bool {
	var t *btf.Typedef
	return f.types.TypeByName("btf_trace_"+name, &t) == nil
}

// dropReasons reads enum skb_drop_reason, without its prefix. Its numbers change
// from version to version.
func dropReasons(types *btf.Spec) map[uint32]string {
	var reasons *btf.Enum
	if types.TypeByName("skb_drop_reason", &reasons) != nil {
		return nil
	}
	// (void *, skb, location, reason, ...)
	if len(tracepointParams(types, "kfree_skb")) < 4 {
		return nil
	}
	names := make(map[uint32]string)
	for _, v := range reasons.Values {
		names[uint32(v.Value)] = strings.TrimPrefix(v.Name, "SKB_DROP_REASON_")
	}
	return names
}

// tracepointParams are a tracepoint's arguments, behind one that programs do not
// get; none when there is no such tracepoint.
func tracepointParams(types *btf.Spec, name string) []btf.FuncParam {
	var t *btf.Typedef
	if types.TypeByName("btf_trace_"+name, &t) != nil {
		return nil
	}
	pointer, ok := btf.As[*btf.Pointer](t)
	if !ok {
		return nil
	}
	proto, ok := btf.As[*btf.FuncProto](pointer.Target)
	if !ok {
		return nil
	}
	return proto.Params
}

// KernelRelease returns what uname -r prints.
func KernelRelease() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// clocksource returns the kernel's current clock source, empty if unknown.
func clocksource() string {
	b, err := os.ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
