// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bufio"
	"bytes"
	"os"
	"strconv"

	"github.com/cilium/ebpf/btf"
)

// percpuVars are the per-CPU variables of x86 that bpf/context.h reads, and
// the knobs that take their offsets. From 6.1 (e57ef2ed97c1) to 6.14 all but
// two were fields of a variable pcpu_hot.
var percpuVars = []struct {
	name, hotField, knob string
}{
	{"runqueues", "", "percpu_runqueues"},
	{"ksoftirqd", "", "percpu_ksoftirqd"},
	{"cpu_number", "cpu_number", "percpu_cpu_number"},
	{"__preempt_count", "preempt_count", "percpu_preempt_count"},
	{"current_task", "current_task", "percpu_current_task"},
}

// softnetVar is one more, and its knob, that bpf/backlog.h reads.
const (
	softnetVar  = "softnet_data"
	softnetKnob = "percpu_softnet"
)

// percpuOffsets finds them, by knob: all or none, except for softnetKnob. Only
// differences between them matter.
func percpuOffsets(types *btf.Spec) map[string]uint32 {
	if offsets := percpuFromBTF(types); offsets != nil {
		return offsets
	}
	kallsyms, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return nil
	}
	return percpuFromKallsyms(kallsyms)
}

// percpuFromBTF takes them from the kernel's BTF, which has variables where
// it was built with pahole 1.18 (2020) or later.
func percpuFromBTF(types *btf.Spec) map[string]uint32 {
	var section *btf.Datasec
	if types.TypeByName(".data..percpu", &section) != nil {
		return nil
	}
	vars := make(map[string]btf.VarSecinfo)
	for _, v := range section.Vars {
		vars[v.Type.TypeName()] = v
	}
	var hotFields map[string]uint32
	if hot, ok := vars["pcpu_hot"]; ok {
		hotFields = fieldOffsets(hot.Type.(*btf.Var).Type)
	}
	offsets := make(map[string]uint32)
	for _, p := range percpuVars {
		if v, ok := vars[p.name]; ok {
			offsets[p.knob] = v.Offset
		} else if field, ok := hotFields[p.hotField]; ok {
			offsets[p.knob] = vars["pcpu_hot"].Offset + field
		} else {
			return nil
		}
	}
	if v, ok := vars[softnetVar]; ok {
		offsets[softnetKnob] = v.Offset
	}
	return offsets
}

// fieldOffsets returns the offsets in bytes of a structure's fields, also of
// those in its unnamed members.
func fieldOffsets(t btf.Type) map[string]uint32 {
	fields := make(map[string]uint32)
	var members []btf.Member
	switch t := btf.UnderlyingType(t).(type) {
	case *btf.Struct:
		members = t.Members
	case *btf.Union:
		members = t.Members
	}
	for _, m := range members {
		if m.Name != "" {
			fields[m.Name] = m.Offset.Bytes()
			continue
		}
		for name, offset := range fieldOffsets(m.Type) {
			fields[name] = m.Offset.Bytes() + offset
		}
	}
	return fields
}

// percpuFromKallsyms takes them from /proc/kallsyms, which lists variables
// with CONFIG_KALLSYMS_ALL, and shows addresses only to CAP_SYSLOG.
func percpuFromKallsyms(kallsyms []byte) map[string]uint32 {
	knobs := map[string]string{softnetVar: softnetKnob}
	for _, p := range percpuVars {
		knobs[p.name] = p.knob
	}
	addresses := make(map[string]uint64)
	lines := bufio.NewScanner(bytes.NewReader(kallsyms))
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) != 3 {
			continue // of a module
		}
		knob, ok := knobs[string(fields[2])]
		if !ok {
			continue
		}
		address, err := strconv.ParseUint(string(fields[0]), 16, 64)
		if err != nil || address == 0 {
			return nil
		}
		addresses[knob] = address
	}
	for _, p := range percpuVars {
		if _, ok := addresses[p.knob]; !ok {
			return nil
		}
	}
	// The section is smaller than 4 GiB, so the low halves tell the distances.
	offsets := make(map[string]uint32)
	for knob, address := range addresses {
		offsets[knob] = uint32(address)
	}
	return offsets
}

// knowsSoftirq says whether a program can tell a softirq from a task.
func (f *features) knowsSoftirq() bool { return f.percpu != nil }

// knowsBacklog says whether a program can see the queues of enqueue_to_backlog.
func (f *features) knowsBacklog() bool {
	_, ok := f.percpu[softnetKnob]
	return ok
}
