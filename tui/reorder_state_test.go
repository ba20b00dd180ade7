// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// later is a snapshot a second after s, changed.
func later(s *tracer.Snapshot, change func(*tracer.Snapshot)) *tracer.Snapshot {
	next := *s
	next.Elapsed += time.Second
	next.Taken = next.Taken.Add(time.Second)
	next.Flows, next.TCP = slices.Clone(s.Flows), slices.Clone(s.TCP)
	change(&next)
	return &next
}

func TestViewKeys(t *testing.T) {
	s := newScreen(t, 80, 24).feed(reordering(2)...)
	for _, want := range []viewID{viewCPUs, viewFlows, viewReorder, viewRetransmits, viewDevices} {
		if s.press("tab"); s.m.view != want {
			t.Errorf("tab goes to view %d, want %d", s.m.view, want)
		}
	}
	for key, want := range map[string]viewID{"4": viewReorder, "5": viewRetransmits} {
		if s.press(key); s.m.view != want {
			t.Errorf("%s goes to view %d", key, s.m.view)
		}
		if s.press("enter"); !s.m.detail.open || strings.Contains(s.drawn(), "stage") {
			t.Errorf("%s enter: no details, or those of a hop:\n%s", key, s.drawn())
		}
		s.press("left", "right", "esc")
	}
}

// TestReorderWindow: a flow is in the view as long as packets of it were
// overtaken in the window, and its open details stay.
func TestReorderWindow(t *testing.T) {
	all := reordering(2)
	s := newScreen(t, 80, 24).feed(all...).press("4", "enter")
	quiet := later(all[len(all)-1], func(*tracer.Snapshot) {})
	got := s.feed(quiet).drawn()
	if strings.Contains(got, "GONE") || !strings.Contains(got, "no packet was overtaken in the last") {
		t.Errorf("details when nothing is overtaken any more:\n%s", got)
	}
	if got := s.press("w").drawn(); !strings.Contains(got, "5120 hops") {
		t.Errorf("details since the start:\n%s", got)
	}
	if s.press("esc"); len(s.m.tables[viewReorder].rows) != 3 {
		t.Errorf("%d rows since the start, want 3", len(s.m.tables[viewReorder].rows))
	}
	if got := s.press("w").drawn(); !strings.Contains(got, "no packet was overtaken in the last interval; w shows") {
		t.Errorf("nothing overtaken:\n%s", got)
	}
	s.press("5")
	if r := s.m.tables[viewRetransmits].rows[0].tcp; r.segs != 0 || r.segsPerSec != 0 || r.decided != 0 {
		t.Errorf("in a quiet interval %d segments, %v/s, %d verdicts", r.segs, r.segsPerSec, r.decided)
	}
	if got := s.drawn(); strings.Contains(got, "Reorder!") || strings.Contains(got, "Retransmits!") {
		t.Errorf("a trouble that is over is marked:\n%s", got)
	}
}

// TestOvertakingGrowth: causes and pairs are those of the window, and a flow that
// was forgotten and came back has them all anew.
func TestOvertakingGrowth(t *testing.T) {
	pair := func(late, overtaker int, hops uint64) tracer.OrderPair {
		return tracer.OrderPair{LateCPU: late, OvertakerCPU: overtaker, Hops: hops}
	}
	before := &tracer.Order{Pairs: []tracer.OrderPair{pair(0, 1, 90), pair(1, 0, 5)}, OtherPairs: 3, Moves: 4}
	cur := &tracer.Order{Pairs: []tracer.OrderPair{pair(0, 1, 92), pair(2, 0, 12), pair(1, 0, 5)}, OtherPairs: 4, Moves: 9}
	before.Causes[tracer.CauseRPSChanged], cur.Causes[tracer.CauseRPSChanged] = 90, 90
	cur.Causes[tracer.CauseSenderMoved] = 15
	o := overtakingOf(cur, before, lastInterval)
	if want := []tracer.OrderPair{pair(2, 0, 12), pair(0, 1, 2)}; !slices.Equal(o.pairs, want) {
		t.Errorf("pairs %v, want %v", o.pairs, want)
	}
	if p, of, _ := o.pair(); p != pair(2, 0, 12) || of != 15 {
		t.Errorf("most frequent pair %v of %d, want 2<-0 of 15", p, of)
	}
	if c, n, of := o.cause(); c != tracer.CauseSenderMoved || n != 15 || of != 15 || o.moves != 5 {
		t.Errorf("cause %v %d of %d, %d moves", c, n, of, o.moves)
	}
	if c, n, of := overtakingOf(cur, before, sinceStart).cause(); c != tracer.CauseRPSChanged || n != 90 || of != 105 {
		t.Errorf("since start: cause %v %d of %d", c, n, of)
	}
	if o := overtakingOf(before, cur, lastInterval); o.pairs[0] != pair(0, 1, 90) {
		t.Errorf("counted anew: pairs %v", o.pairs)
	}
	if overtakingOf(nil, before, lastInterval) != nil {
		t.Error("something is known of an order that was forgotten")
	}
}

// TestSenderComesLater: the details of a flow stay when its sender becomes known.
func TestSenderComesLater(t *testing.T) {
	all := reordering(2)
	last := all[len(all)-1]
	s := newScreen(t, 80, 24).feed(all...).press("5", "/", "2", "0", "3", ".", "enter", "enter")
	s.feed(later(last, func(n *tracer.Snapshot) {
		for i := range n.TCP {
			if n.TCP[i].Sender == nil {
				n.TCP[i].Sender = &tracer.TCPSender{Netns: 77, Retransmits: tracer.Retransmits{Events: 3, Segs: 4}}
			}
		}
	}))
	got := s.drawn()
	if strings.Contains(got, "GONE") || !strings.Contains(got, "4 segs in 3 retransmits") || !strings.Contains(got, "0 out of order") {
		t.Errorf("after the sender became known:\n%s", got)
	}
	s.feed(later(s.m.live.cur, func(n *tracer.Snapshot) { n.TCP = nil }))
	if got := s.drawn(); !strings.Contains(got, "GONE: this TCP flow") {
		t.Errorf("a flow that is forgotten:\n%s", got)
	}
}

// TestRowsAreDistinct: two senders may have the same addresses, as may two pings.
func TestRowsAreDistinct(t *testing.T) {
	tr := newTrace(2)
	tr.add(time.Second, burst{0, 0, 100, 0, 0, tracer.PathBacklog, tracer.RunnerInline, 1500})
	for _, netns := range []uint32{5, 6} {
		tr.s.TCP = append(tr.s.TCP, tracer.TCPFlow{Key: tr.s.Flows[0].Key, Sender: &tracer.TCPSender{Netns: netns}})
	}
	for _, id := range []uint16{1, 2} {
		tr.s.Flows = append(tr.s.Flows, tr.s.Flows[2])
		tr.s.Flows[len(tr.s.Flows)-1].Key.ID = id
	}
	s := newScreen(t, 80, 24).feed(tr.snapshot())
	for v := range numViews {
		s.press(string(rune('1' + v)))
		seen := map[rowID]bool{}
		for _, r := range s.m.tables[v].rows {
			if seen[r.id] {
				t.Errorf("two rows are %+v", r.id)
			}
			seen[r.id] = true
		}
	}
	if got := s.press("3").drawn(); !strings.Contains(got, "10.9.0.1 -> 10.9.0.2 id 2") {
		t.Errorf("the identifier of a ping is not shown:\n%s", got)
	}
}

// TestChain: steps are in the order of their times, and what was not seen is left
// out.
func TestChain(t *testing.T) {
	text := func(r *tracer.Retransmit) string {
		s := &tracer.Snapshot{}
		var lines []string
		for _, l := range chainOf(r, s) {
			lines = append(lines, l.text(200))
		}
		return strings.Join(lines, "\n")
	}
	dropped := &tracer.Drop{DropNS: 100, Rx: name(1, "host", 2, "veth1"), Cause: tracer.DropBacklogFull, Reason: "CPU_BACKLOG", TargetCPU: 3}
	for _, tt := range []struct {
		r    tracer.Retransmit
		want string
	}{
		{tracer.Retransmit{TSNS: 1100, Class: tracer.ClassRTO, Segs: 1, Verdict: tracer.VerdictLostAtHop, Chain: tracer.Chain{Dropped: dropped, AckedNS: 5100}},
			`lost-at-hop
      +0ns  dropped at host/veth1: backlog full, CPU 3 (CPU_BACKLOG)
    +1.0us  sent again: rto, 1 segment
    +5.0us  ACK: the receiver has it`},
		{tracer.Retransmit{TSNS: 7, Class: tracer.ClassSYNACK, Segs: 1}, "unknown\n      +0ns  sent again: syn ack, 1 segment"},
		{tracer.Retransmit{TSNS: 7, Class: tracer.ClassFast, Seq: 1, EndSeq: 9, Failed: true, Errno: 105, Cwnd: 3, SRTTUs: 50, CAState: 3},
			"unknown\n      +0ns  not sent again (errno 105): fast, 0 segments, seq 1..9, recovery, cwnd 3, rtt 50us"},
		{tracer.Retransmit{}, "unknown"},
		{tracer.Retransmit{TSNS: 100, Segs: 3, Spurious: tracer.ProofUndo, Verdict: tracer.VerdictTimeout, Chain: tracer.Chain{
			Overtaken: &tracer.Reorder{TSNS: 150, LateNS: 70, Rx: name(1, "x", 2, "e"), Displacement: 32, AtLeast: true, Cause: tracer.CauseRFSChanged},
			UndoNS:    200,
			Dropped:   &tracer.Drop{TSNS: 90, TargetCPU: -1},
		}}, `timeout, spurious (undo)
      +0ns  overtaken at x/e by 32 or more, 70ns late
            both on CPU 0: rfs changed
     +10ns  dropped: other
     +20ns  sent again: other, 3 segments
    +120ns  undo: the sender takes its slowing down back`},
	} {
		if got := text(&tt.r); got != tt.want {
			t.Errorf("got\n%s\nwant\n%s", got, tt.want)
		}
	}
}

// TestDetailScrolls through all lines, and not beyond.
func TestDetailScrolls(t *testing.T) {
	s := newScreen(t, 80, 24).feed(reordering(2)...).press("5", "enter")
	n := s.m.detail.length()
	s.press("pgdown")
	if s.m.detail.scrolled != detailPage || !strings.Contains(s.drawn(), "rows 9 to 16 of") {
		t.Errorf("after a page:\n%s", s.drawn())
	}
	for range n {
		s.press("down")
		s.drawn()
	}
	if s.m.detail.scrolled != n-1 || !strings.Contains(s.drawn(), "TCPDSACKOldSent") {
		t.Errorf("at %d of %d:\n%s", s.m.detail.scrolled, n, s.drawn())
	}
	if s.press("home"); s.m.detail.scrolled != 0 {
		t.Error("home does not go back to the first line")
	}
	if s.press("pgup", "up"); s.m.detail.scrolled != 0 {
		t.Error("scrolled above the first line")
	}
}

func TestCompareText(t *testing.T) {
	for _, tt := range []struct {
		counted           int64
		traced, forgotten uint64
		want              string
	}{
		{5, 5, 0, "equal"}, {5, 5, 9, "equal"}, {7, 5, 0, "2 not traced"}, {7, 5, 1, "2 not traced"},
		{7, 5, 2, "2 of flows forgotten"}, {5, 7, 0, "2 fewer than traced"}, {-1, 7, 0, "not counted by this kernel"},
	} {
		if got := compareText(tt.counted, tt.traced, tt.forgotten); got != tt.want {
			t.Errorf("%d, %d: got %q, want %q", tt.counted, tt.traced, got, tt.want)
		}
	}
}

// TestRetransmitsWithoutHops: TCP is watched also where no hop is traced.
func TestRetransmitsWithoutHops(t *testing.T) {
	tr := newTrace(2)
	tr.add(time.Second)
	s := newScreen(t, 80, 24).feed(tr.snapshot())
	if got := s.press("5").drawn(); !strings.Contains(got, "waiting for the first hop") {
		t.Errorf("without anything:\n%s", got)
	}
	tr.add(time.Second)
	tr.sendAgain(tcpKey("10.0.0.1:1", "10.0.0.2:2"), tr.s.Devices[0].Peer, tr.s.Devices[0].Name, resend{events: 40, class: tracer.ClassFast})
	if got := s.feed(tr.snapshot()).drawn(); !strings.Contains(got, "10.0.0.1:1 -> 10.0.0.2:2") {
		t.Errorf("with a retransmit:\n%s", got)
	}
}
