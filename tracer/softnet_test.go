// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// softnetLine is a line of /proc/net/softnet_stat.
func softnetLine(columns ...string) string { return strings.Join(columns, " ") + "\n" }

func TestParseSoftnet(t *testing.T) {
	want := Softnet{Processed: 0x10, Dropped: 2, TimeSqueeze: 3, ReceivedRPS: 0xa, FlowLimit: 0xb}
	withBacklog := want
	withBacklog.BacklogLen = 0xc
	withLens := withBacklog
	withLens.InputLen, withLens.ProcessLen, withLens.HasLens = 0xd, 0xe, true
	eleven := []string{"00000010", "2", "3", "0", "0", "0", "0", "0", "0", "a", "b"}
	of := func(cpu string, more ...string) string {
		return softnetLine(append(append(append([]string{}, eleven...), "c", cpu), more...)...)
	}
	for _, tt := range []struct {
		name string
		in   string
		want map[int]Softnet
	}{
		{"before 5.10: lines are CPUs", softnetLine(eleven...) + softnetLine(eleven...), map[int]Softnet{0: want, 1: want}},
		{"13 columns", of("0") + of("1"), map[int]Softnet{0: withBacklog, 1: withBacklog}},
		{"15 columns", of("0", "d", "e"), map[int]Softnet{0: withLens}},
		{"CPUs 1 to 9 offline", of("0") + of("a"), map[int]Softnet{0: withBacklog, 10: withBacklog}},
		{"nothing", "", map[int]Softnet{}},
	} {
		got, err := parseSoftnet([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestParseSoftnetRefuses(t *testing.T) {
	const prefix = "reading the kernel's backlog counters: "
	for in, want := range map[string]string{
		"1 2 3\n": prefix + "line 1 has 3 columns, want at least 11",
		softnetLine("0", "0", "0", "0", "0", "0", "0", "0", "0", "0", "x"): prefix + `line 1: strconv.ParseUint: parsing "x": invalid syntax`,
		"\n": prefix + "line 1 has 0 columns, want at least 11",
	} {
		if _, err := parseSoftnet([]byte(in)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}

func FuzzParseSoftnet(f *testing.F) {
	f.Add([]byte("00b22198 0 5 0 0 0 0 0 0 5 0 0 0 0 0\n"))
	f.Add([]byte("0 0 0 0 0 0 0 0 0 0 0\n"))
	f.Add([]byte("0 0 0 0 0 0 0 0 0 0 0 0 ffffffffffffffff\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseSoftnet(b)
		if (err == nil) != (all != nil) {
			t.Fatalf("got %v and %v", all, err)
		}
		for cpu := range all {
			if cpu < 0 {
				t.Errorf("CPU %d", cpu)
			}
		}
	})
}

func TestSoftnetSinceWraps(t *testing.T) {
	then := Softnet{Processed: 0xfffffff0, Dropped: 1, TimeSqueeze: 2, ReceivedRPS: 3, FlowLimit: 4, BacklogLen: 500}
	now := Softnet{Processed: 0x10, Dropped: 1, TimeSqueeze: 4, ReceivedRPS: 6, FlowLimit: 8, BacklogLen: 7}
	want := Softnet{Processed: 0x20, TimeSqueeze: 2, ReceivedRPS: 3, FlowLimit: 4, BacklogLen: 7}
	if diff := cmp.Diff(want, now.since(then)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
