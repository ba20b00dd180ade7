// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"fmt"
	"testing"
	"unsafe"

	"github.com/vethtrace/vethtrace/gen"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// Numbers that exist in C and in Go.
func TestConstantsAgree(t *testing.T) {
	var cell gen.VethtraceCell
	var event gen.VethtraceHopEvent
	var order gen.VethtraceOrder
	for _, tt := range []struct {
		what      string
		got, want int
	}{
		{"HIST_BUCKETS and histogram.Buckets", len(cell.Buckets[0]), histogram.Buckets},
		{"STAGES and NumStages", len(cell.Buckets), int(NumStages)},
		{"STAGES of maxima", len(cell.MaxNs), int(NumStages)},
		{"STAGES of an event", len(event.StageNs), int(NumStages)},
		{"PATHS and NumPaths", len(cell.Hops), int(NumPaths)},
		{"RUNNERS and NumRunners", len(cell.Hops[0]), int(NumRunners)},
		{"ORDER_RING and MaxRemembered", len(order.Ring), MaxRemembered},
		{"REORDER_CAUSES and NumReorderCauses", len(order.Causes), int(NumReorderCauses)},
		{"words of an order's key", len(order.Key), len(flowID{})},
		{"words of a key", len(cell.Key), len(event.Key)},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d and %d", tt.what, tt.got, tt.want)
		}
	}
}

// Mapped memory is read through these types, so they must have no hole.
func TestTypesHaveNoHole(t *testing.T) {
	sameSize[gen.VethtraceCell](t)
	sameSize[gen.VethtraceCpuState](t)
	sameSize[gen.VethtraceFilter](t)
	sameSize[gen.VethtraceHopEvent](t)
	sameSize[gen.VethtraceSlotBucket](t)
	sameSize[gen.VethtraceOrder](t)
	sameSize[gen.VethtraceReorderEvent](t)
	sameSize[gen.VethtraceTcpEvent](t)
}

func sameSize[T any](t *testing.T) {
	t.Helper()
	var v T
	if packed, real := binary.Size(v), int(unsafe.Sizeof(v)); packed != real {
		t.Errorf("%T: %d bytes of fields in %d of memory", v, packed, real)
	}
}

func TestNamesOfEnums(t *testing.T) {
	wantNames(t, NumStages)
	wantNames(t, NumPaths)
	wantNames(t, NumRunners)
	wantNames(t, NumSenders)
	wantNames(t, NumReorderCauses)
	wantNames(t, NumRetransmitClasses)
	wantNames(t, NumVerdicts)
	wantNames(t, NumSpuriousProofs)
}

// wantNames fails unless each value below n has a name of its own.
func wantNames[T interface {
	~int
	fmt.Stringer
}](t *testing.T, n T) {
	t.Helper()
	seen := make(map[string]bool)
	for v := range n {
		if name := v.String(); name == "" || seen[name] {
			t.Errorf("%T %d is called %q, as another one is, or nothing", v, int(v), name)
		} else {
			seen[name] = true
		}
	}
}
