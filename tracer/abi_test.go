// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"testing"
	"unsafe"

	"github.com/vethtrace/vethtrace/gen"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// Numbers that exist in C and in Go.
func TestConstantsAgree(t *testing.T) {
	var cell gen.VethtraceCell
	var event gen.VethtraceHopEvent
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
}

func sameSize[T any](t *testing.T) {
	t.Helper()
	var v T
	if packed, real := binary.Size(v), int(unsafe.Sizeof(v)); packed != real {
		t.Errorf("%T: %d bytes of fields in %d of memory", v, packed, real)
	}
}

func TestNamesOfEnums(t *testing.T) {
	var got []string
	for s := range NumStages {
		got = append(got, s.String())
	}
	for p := range NumPaths {
		got = append(got, p.String())
	}
	for r := range NumRunners {
		got = append(got, r.String())
	}
	seen := make(map[string]bool)
	for _, name := range got {
		if name == "" || seen[name] {
			t.Errorf("%q: each has a name of its own, want that of %q", got, name)
		}
		seen[name] = true
	}
}
