// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

func statText(t *testing.T, s *tracer.Snapshot, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteStat(&b, s, width); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteStat(t *testing.T) {
	warned := testSnapshot()
	warned.Run.Filter = "dev eth0 and tcp"
	warned.Run.Warnings = []string{"the clock source hpet is not the processor's: stage times over two CPUs are only as good as it is"}
	warned.Losses = tracer.Losses{MissedSlots: 1, Ringbuf: 2, Recursion: 3, DeviceTableFull: 4, FlowTableFull: 5, FlowsExpired: 6, ClockBackwards: 7, RareRingbuf: 8, OrderUnknown: 9}
	warned.Cost.BPFStats = false
	lost := emptySnapshot()
	lost.Losses = tracer.Losses{MissedSlots: 2, DroppedHops: 1}
	filtered := emptySnapshot()
	filtered.Run.Filter = "tcp"
	filtered.Run.Kinds = []tracer.Kind{tracer.KindVeth, tracer.KindIpvlan}
	for name, s := range map[string]*tracer.Snapshot{
		"stat": testSnapshot(), "warned": warned, "empty": emptySnapshot(), "empty-filtered": filtered, "empty-lost": lost,
		"modes": lessKnown(), "reordered": reorderedSnapshot(),
	} {
		for _, width := range []int{80, 120} {
			t.Run(fmt.Sprintf("%s-%d", name, width), func(t *testing.T) {
				got := statText(t, s, width)
				checkText(t, got, width)
				golden(t, fmt.Sprintf("%s-%d.txt", name, width), got)
			})
		}
	}
}

// lessKnown is of a mode that lacks two hooks and cannot tell why a backlog
// took no more, with other devices than veth, on one CPU.
func lessKnown() *tracer.Snapshot {
	s := testSnapshot()
	s.Run.Mode, s.Run.Hooks, s.Run.Kinds = tracer.ModeKprobe, missedHooks(), tracer.AllKinds()
	lo := tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: 4026531840, Ifindex: 1}, NetnsName: "host", Ifname: "lo"}
	s.Devices = append(s.Devices[:1], tracer.Device{Name: lo, Peer: lo, Kind: tracer.KindLoopback,
		Counters: counters(500, 0, tracer.PathBacklog, tracer.RunnerInline),
		Drops:    tracer.Drops{tracer.DropOther: 1, tracer.DropBacklog: 8}})
	s.Devices[0].Steering = [tracer.NumSteerings]uint64{tracer.SteeringNone: 20000}
	s.Devices[1].Steering[tracer.SteeringUnknown] = 500
	s.CPUs = s.CPUs[:1]
	s.CPUs[0].Drops, s.CPUs[0].QueueLen = tracer.Drops{tracer.DropBacklog: 8}, histogram.Histogram{}
	s.Flows = s.Flows[:1]
	return s
}

// Hooks that are not as wanted are told once, also behind a trace.
func TestTextFooter(t *testing.T) {
	var b bytes.Buffer
	if err := WriteTextFooter(&b, lessKnown(), Emission{Emitted: 5}); err != nil {
		t.Fatal(err)
	}
	if err := WriteTextFooter(&b, testSnapshot(), Emission{Emitted: 1, Drops: 2}); err != nil {
		t.Fatal(err)
	}
	rare := Sampling{Events: 1<<EventReorder | 1<<EventRetransmit}
	for _, e := range []Emission{
		{Emitted: 3, Drops: 1, Reorders: 1, Retransmits: 2}, {Retransmits: 4, Sampling: rare}, {Sampling: Sampling{Events: 1 << EventDrop}},
	} {
		if err := WriteTextFooter(&b, reorderedSnapshot(), e); err != nil {
			t.Fatal(err)
		}
	}
	checkText(t, b.Bytes(), 0)
	golden(t, "footer.txt", b.Bytes())
}

// At any width, text is ASCII and no column that counts losses is left out.
func TestWriteStatWidths(t *testing.T) {
	s := reorderedSnapshot()
	s.Devices[0].Name.Ifname = "\x1b[31mred\xff"
	s.Netns[0].NetnsName = "\x1b[31mred\xff"
	for i := range s.TCP[0].Sender.Classes {
		s.TCP[0].Sender.Classes[i]++
	}
	for i := range s.TCP[0].Sender.Verdicts {
		s.TCP[0].Sender.Verdicts[i]++
	}
	s.Devices[0].Name.NetnsName = "cni-5f3c2d1e-aaaa-bbbb-cccc-0123456789ab"
	for width := range 200 {
		got := statText(t, s, width)
		limit := width
		if width < 80 {
			limit = 0
		}
		checkText(t, got, limit)
		for _, want := range []string{"missed", "dropped", "3 missed", "7 packets dropped by the kernel"} {
			if !strings.Contains(strings.Join(strings.Fields(string(got)), " "), want) {
				t.Fatalf("at %d columns there is no %q in\n%s", width, want, got)
			}
		}
	}
	if got := statText(t, s, 0); bytes.Contains(got, []byte("No room")) {
		t.Errorf("columns left out without a limit:\n%s", got)
	}
}

func TestWriteStatManyCPUs(t *testing.T) {
	s := testSnapshot()
	s.CPUPairs = nil
	for e := range 32 {
		for r := range 32 {
			s.CPUPairs = append(s.CPUPairs, tracer.CPUPair{EnqueueCPU: e, RunCPU: r,
				Counters: tracer.Counters{Hops: uint64(1000 + e*32 + r)}})
		}
	}
	got := string(statText(t, s, 120))
	if !strings.Contains(got, "31->31") || strings.Contains(got, "from cpu31") {
		t.Errorf("want a list of pairs in\n%s", got)
	}
	checkText(t, []byte(got), 120)
	if got := string(statText(t, s, 0)); !strings.Contains(got, "from cpu31") {
		t.Errorf("want a matrix in\n%s", got)
	}
}

func TestWriteStatOneCPU(t *testing.T) {
	s := testSnapshot()
	s.CPUPairs = s.CPUPairs[:1]
	if got := string(statText(t, s, 120)); strings.Contains(got, "CPU PAIRS") {
		t.Errorf("want no pairs in\n%s", got)
	}
	s.CPUPairs[0].RunCPU = 1 // all hops cross
	if got := string(statText(t, s, 120)); !strings.Contains(got, "CPU PAIRS") {
		t.Errorf("want pairs in\n%s", got)
	}
}
