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
	// rdonlyCast is whether bpf_rdonly_cast exists (6.2, a35b9af4ec2c).
	rdonlyCast bool
	// percpu are offsets of per-CPU variables in their section, absent where
	// BTF has none; see bpf/context.h.
	percpu map[string]uint32
}

// probeFeatures reads them. It needs no rights.
func probeFeatures() (*features, error) {
	f := &features{kernel: KernelRelease()}
	types, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("reading the kernel's type information (BTF; needs CONFIG_DEBUG_INFO_BTF and /sys/kernel/btf/vmlinux): %w: %w", ErrNotSupported, err)
	}
	f.types = types
	var fn *btf.Func
	f.rdonlyCast = types.TypeByName("bpf_rdonly_cast", &fn) == nil
	f.percpu = percpuOffsets(types)
	return f, nil
}

// percpuVars are the per-CPU variables that bpf/context.h reads, and the knobs
// that take their offsets.
var percpuVars = map[string]string{
	"runqueues":       "percpu_runqueues",
	"cpu_number":      "percpu_cpu_number",
	"__preempt_count": "percpu_preempt_count",
	"current_task":    "percpu_current_task",
	"ksoftirqd":       "percpu_ksoftirqd",
}

// percpuOffsets looks them up in the kernel's section of per-CPU data, by
// knob.
func percpuOffsets(types *btf.Spec) map[string]uint32 {
	offsets := make(map[string]uint32)
	var section *btf.Datasec
	if types.TypeByName(".data..percpu", &section) != nil {
		return offsets
	}
	for _, v := range section.Vars {
		if knob, ok := percpuVars[v.Type.TypeName()]; ok {
			offsets[knob] = v.Offset
		}
	}
	return offsets
}

// knowsSoftirq says whether a program can tell a softirq from a task. On x86
// not from 6.1 to 6.14, where the count is a field of pcpu_hot, and not
// without BTF of variables; on other machines not at all yet.
func (f *features) knowsSoftirq() bool {
	return f.rdonlyCast && len(f.percpu) == len(percpuVars)
}

// hasTracepoint says whether a program can be attached to a tracepoint by BTF.
func (f *features) hasTracepoint(name string) bool {
	var t *btf.Typedef
	return f.types.TypeByName("btf_trace_"+name, &t) == nil
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
