// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"
)

func TestPercpuFromKallsyms(t *testing.T) {
	const all = `0000000000001000 A __preempt_count
0000000000001004 A cpu_number
0000000000000ff8 A current_task
0000000000002000 A ksoftirqd
0000000000003000 A runqueues
ffffffffc0000000 d ksoftirqd	[some_module]
ffffffff81000000 T _text
`
	want := map[string]uint32{
		"percpu_preempt_count": 0x1000,
		"percpu_cpu_number":    0x1004,
		"percpu_current_task":  0xff8,
		"percpu_ksoftirqd":     0x2000,
		"percpu_runqueues":     0x3000,
	}
	if diff := cmp.Diff(want, percpuFromKallsyms([]byte(all))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, text := range map[string]string{
		"one is missing":         "0000000000001000 A __preempt_count\n",
		"addresses are withheld": "0000000000000000 A __preempt_count\n0000000000000000 A cpu_number\n",
		"garbage":                "zz A runqueues\n\n",
	} {
		if got := percpuFromKallsyms([]byte(text)); got != nil {
			t.Errorf("%s: got %v, want none", name, got)
		}
	}
}

// TestFieldOffsets: pcpu_hot has its fields in a structure in a union.
func TestFieldOffsets(t *testing.T) {
	word := &btf.Int{Name: "int", Size: 4}
	inner := &btf.Struct{Members: []btf.Member{
		{Name: "current_task", Type: word},
		{Name: "preempt_count", Type: word, Offset: 64},
	}}
	hot := &btf.Struct{Name: "pcpu_hot", Members: []btf.Member{
		{Name: "first", Type: word},
		{Type: &btf.Union{Members: []btf.Member{{Type: inner}}}, Offset: 32},
	}}
	want := map[string]uint32{"first": 0, "current_task": 4, "preempt_count": 12}
	if diff := cmp.Diff(want, fieldOffsets(hot)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
