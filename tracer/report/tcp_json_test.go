// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

// The names in counts are those of the records, with _ for - in verdicts.
func TestCountNames(t *testing.T) {
	wantNames(t, reorderCausesOf(&[tracer.NumReorderCauses]uint64{0, 1, 2, 3, 4, 5, 6, 7}), func(i int) string { return tracer.ReorderCause(i).String() })
	wantNames(t, classesOf(&[tracer.NumRetransmitClasses]uint64{0, 1, 2, 3, 4, 5, 6, 7}), func(i int) string { return tracer.RetransmitClass(i).String() })
	wantNames(t, verdictsOf(&[tracer.NumVerdicts]uint64{0, 1, 2, 3, 4, 5}), func(i int) string {
		return strings.ReplaceAll(tracer.Verdict(i).String(), "-", "_")
	})
	wantNames(t, retransmitsOf(&tracer.Retransmits{Spurious: [tracer.NumSpuriousProofs]uint64{0, 1, 2, 3}}).Spurious, func(i int) string {
		return tracer.SpuriousProof(i).String()
	})
}

// wantNames checks that counts, of which each is its own index, have the names.
func wantNames(t *testing.T, counts any, name func(int) string) {
	t.Helper()
	b, err := json.Marshal(counts)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]int
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if want := reflect.TypeOf(counts).NumField(); len(got) != want {
		t.Errorf("%T: got %d names, want %d", counts, len(got), want)
	}
	for field, i := range got {
		if field != name(i) {
			t.Errorf("%T: %d is %q, want %q", counts, i, field, name(i))
		}
	}
}

func TestStatOfReordering(t *testing.T) {
	v := tree(t, documents(t)["reordered stat"])
	for _, c := range []struct {
		want any
		at   path
	}{
		{240.0, path{"devices", 0, "reordered_hops"}}, {32.0, path{"devices", 0, "reorder", "max_displacement"}},
		{240.0, path{"devices", 0, "reorder", "late_ns", "count"}}, {259000.0, path{"devices", 0, "reorder", "late_ns", "max_ns"}},
		{238.0, path{"devices", 0, "reorder", "causes", "sender_moved"}}, {0.0, path{"devices", 0, "reorder", "causes", "unknown"}},
		{180.0, path{"devices", 0, "reorder", "pairs", 0, "hops"}}, {0.0, path{"devices", 0, "reorder", "pairs", 0, "late_cpu"}},
		{1.0, path{"devices", 0, "reorder", "other_pairs"}}, {950.0, path{"devices", 0, "reorder", "moves"}},
		{230.0, path{"flows", 0, "retransmits"}}, {240.0, path{"flows", 0, "retransmit_segs"}}, {1.0, path{"flows", 1, "reordered_hops"}},
		{181.0, path{"cpus", 0, "reordered_hops"}}, {60.0, path{"cpu_pairs", 1, "reordered_hops"}},
		{230.0, path{"retransmits", "events"}}, {228.0, path{"retransmits", "classes", "fast"}}, {238.0, path{"retransmits", "class_segs", "fast"}},
		{220.0, path{"retransmits", "verdicts", "reordered_at_hop"}}, {0.0, path{"retransmits", "verdicts", "timeout"}},
		{210.0, path{"retransmits", "spurious", "dsack"}}, {220.0, path{"retransmits", "causes", "sender_moved"}},
		{"retransmit", path{"tcp", 0, "recent", 0, "type"}}, {"a", path{"tcp", 0, "sender", "netns_name"}},
		{211.0, path{"tcp", 0, "sender", "dsacked_segs"}}, {2600.0, path{"tcp", 0, "receiver", "out_of_order_segs"}},
		{0.0, path{"tcp", 1, "receiver", "duplicate_segs"}}, {0.0, path{"tcp", 2, "sender", "retransmits", "segs"}},
		{240.0, path{"netns_tcp", 0, "counters", "TcpRetransSegs"}}, {0.0, path{"netns_tcp", 2, "counters", "TCPOFOQueue"}},
	} {
		if got, ok := at(v, c.at...); !ok || got != c.want {
			t.Errorf("%v = %v, want %v", c.at, got, c.want)
		}
	}
	for _, p := range []path{
		{"flows", 1, "reorder"}, {"devices", 2, "reorder"}, {"tcp", 1, "sender"}, {"tcp", 2, "receiver"}, {"tcp", 2, "sender", "srtt_us"},
		{"tcp", 2, "sender", "device"}, {"tcp", 2, "sender", "cwnd_segs"}, {"tcp", 1, "receiver", "netns_name"},
		{"netns_tcp", 0, "counters", "TCPSpuriousRTOs"},
	} {
		if got, ok := at(v, p...); ok {
			t.Errorf("%v = %v, want it absent", p, got)
		}
	}
}

// Counters have the kernel's names in the kernel's order.
func TestCountersInOrder(t *testing.T) {
	b, err := json.Marshal(tcpCountersJSON{})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"` + strings.Join(tracer.TCPCounterNames[:], `":0,"`) + `":0}`
	if diff := cmp.Diff(want, string(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A flow whose addresses two namespaces use has the retransmits of both.
func TestSentAgainInTwoNamespaces(t *testing.T) {
	s := reorderedSnapshot()
	s.TCP[2].Key, s.TCP[2].Sender.Events, s.TCP[2].Sender.Segs = tcpFlow(), 1, 2
	var b bytes.Buffer
	if err := WriteStatJSON(&b, s); err != nil {
		t.Fatal(err)
	}
	v := tree(t, b.Bytes())
	events, _ := at(v, "flows", 0, "retransmits")
	segs, _ := at(v, "flows", 0, "retransmit_segs")
	if events != 231.0 || segs != 242.0 {
		t.Errorf("got %v retransmits of %v segments, want 231 of 242", events, segs)
	}
}
