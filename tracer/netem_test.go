// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// netem makes an end lose, delay or duplicate what it sends, before it comes to
// the hop.
func netem(t testing.TB, e lab.End, args ...string) {
	t.Helper()
	if err := setNetem(e, args...); err != nil {
		t.Fatal(err)
	}
}

func setNetem(e lab.End, args ...string) error {
	cmd := append([]string{"netns", "exec", e.Netns, "tc", "qdisc", "replace", "dev", e.Ifname, "root", "netem", "limit", "100000"}, args...)
	if out, err := exec.Command("ip", cmd...).CombinedOutput(); err != nil {
		return fmt.Errorf("%q: %w: %s", cmd, err, out)
	}
	return nil
}

// netemInTurn sets one after the other, each for its time, until 4 s have passed
// or the returned function is called; then the first stays.
func netemInTurn(t testing.TB, e lab.End, turns ...netemTurn) (stop func()) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			turn := turns[i%len(turns)]
			if err := setNetem(e, turn.args...); err != nil {
				done <- err
				return
			}
			select {
			case <-quit:
				done <- setNetem(e, turns[0].args...)
				return
			case <-time.After(turn.lasts):
			}
		}
	}()
	stop = sync.OnceFunc(func() {
		close(quit)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	// What is sent last is not to be lost, nor its verdict.
	time.AfterFunc(4*time.Second, stop)
	return stop
}

type netemTurn struct {
	lasts time.Duration
	args  []string
}

// needNetem skips where the kernel has none, before anything is spent.
func needNetem(t testing.TB) *lab.Lab {
	t.Helper()
	onceInVM(t)
	l := newLab(t)
	if err := setNetem(l.Ends[0], "delay", "0ms"); err != nil {
		t.Skipf("this kernel has no netem: %v", err)
	}
	// One segment a packet, as on a wire.
	for _, e := range l.Ends {
		command(t, e.Netns, "ethtool", "-K", e.Ifname, "tso", "off", "gso", "off")
		// netem sends from several CPUs, which would reorder.
		if err := lab.SetRPS(e.Netns, e.Ifname, "1"); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// netemTrace is a trace that looks at TCP segments from the beginning. Else that
// begins with the first retransmit, whose evidence a busy machine misses.
func netemTrace(t testing.TB, l *lab.Lab) *Tracer {
	t.Helper()
	tr := labTrace(t, l)
	watchFromNow(tr)
	return tr
}

func watchFromNow(tr *Tracer) {
	atomic.StoreUint64(&tr.cpus.items[0].ReorderSeen, 1)
	tr.watchTCP()
}

// settled waits until the kernel has counted no more than was traced, and each
// retransmit has its verdict: something may still be on its way.
func settled(t testing.TB, tr *Tracer, l *lab.Lab) *Snapshot {
	t.Helper()
	var s *Snapshot
	poll(func() bool {
		tr.Settle()
		s = snapshot(t, tr)
		sum, _ := tcpFrom(s, l)
		return sum.Pending == 0 && sum.Segs == nstat(t, l.Ends[0].Netns)["TcpRetransSegs"]
	})
	return s
}

// judged are the retransmits of a lab's end a since it was made, with what the
// kernel counted. What it prints is the table of classes and verdicts.
func judged(t testing.TB, tr *Tracer, l *lab.Lab) (Retransmits, map[string]uint64) {
	t.Helper()
	s := settled(t, tr, l)
	kernel := wantCounters(t, s, l)
	sum, _ := tcpFrom(s, l)
	t.Logf("%-22s %6s", "retransmits", "events")
	for c := range NumRetransmitClasses {
		if n := sum.Classes[c]; n > 0 {
			t.Logf("  class %-14v %6d", c, n)
		}
	}
	for v := range NumVerdicts {
		if n := sum.Verdicts[v]; n > 0 {
			t.Logf("  %-20v %6d", v, n)
		}
	}
	t.Logf("  spurious by DSACK %d, by undo %d; segments %d; kernel: fast %d, timeouts %d, probes %d, DSACKs %d",
		sum.Spurious[ProofDSACK], sum.Spurious[ProofUndo], sum.Segs,
		kernel["TCPFastRetrans"], kernel["TCPTimeouts"], kernel["TCPLossProbes"], kernel["TCPDSACKRecv"])
	return sum, kernel
}

// wantMost fails unless at least 95 % have the verdict.
func wantMost(t testing.TB, sum Retransmits, v Verdict) {
	t.Helper()
	if sum.Events == 0 {
		t.Fatal("nothing was sent again: the test says nothing")
	}
	if share := float64(sum.Verdicts[v]) / float64(sum.Events); share < 0.95 {
		t.Errorf("%.1f %% of %d retransmits are %v, want at least 95 %%", 100*share, sum.Events, v)
	}
}

func TestLossElsewhere(t *testing.T) {
	l := needNetem(t)
	tr := netemTrace(t, l)
	netem(t, l.Ends[0], "loss", "1%", "delay", "2ms")
	send(t, l, lab.Stream{Bytes: 12 << 20, CPU: -1})
	sum, kernel := judged(t, tr, l)
	wantMost(t, sum, VerdictLostElsewhere)
	if sum.Classes[ClassFast] == 0 || kernel["TCPFastRetrans"] == 0 {
		t.Error("no fast retransmit: the test says nothing")
	}
}

func TestReorderElsewhere(t *testing.T) {
	l := needNetem(t)
	// Compressed SACKs report only the last of several segments that came twice.
	command(t, l.Ends[1].Netns, "sh", "-c", "echo 0 >/proc/sys/net/ipv4/tcp_comp_sack_nr")
	// With timestamps the receiver drops what comes so late that newer ones have
	// been accepted (PAWS): that really is to be sent again.
	command(t, l.Ends[1].Netns, "sh", "-c", "echo 0 >/proc/sys/net/ipv4/tcp_timestamps")
	tr := netemTrace(t, l)
	netem(t, l.Ends[0], "delay", "20ms", "reorder", "25%", "50%")
	// Slowly, so that not much is on its way when the connection is closed: what
	// comes then nobody reports.
	send(t, l, lab.Stream{Rate: 30e6, Duration: 4 * time.Second, CPU: -1})
	time.Sleep(100 * time.Millisecond) // the last DSACKs
	sum, _ := judged(t, tr, l)
	wantMost(t, sum, VerdictReorderedElsewhere)
	if d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1])); d.Reordered != 0 {
		t.Errorf("%d of %d hops overtaken, want none: it happened before", d.Reordered, d.Hops)
	}
}

// TestDelayIsATimeout: nothing is lost, the ACK only comes later than it used
// to. It is the ACK that is delayed: what still waits in the sender's own qdisc
// is not sent again (TCPSpuriousRtxHostQueues).
func TestDelayIsATimeout(t *testing.T) {
	l := needNetem(t)
	tr := netemTrace(t, l)
	stop := netemInTurn(t, l.Ends[1], netemTurn{time.Second, []string{"delay", "1ms"}}, netemTurn{time.Second, []string{"delay", "700ms"}})
	send(t, l, lab.RequestResponse{Duration: 5 * time.Second, Interval: 5 * time.Millisecond, CPU: -1})
	stop()
	sum, _ := judged(t, tr, l)
	wantMost(t, sum, VerdictTimeout)
	if n := sum.Spurious[NotSpurious]; float64(n) > 0.05*float64(sum.Events) {
		t.Errorf("%d of %d retransmits are not called spurious, want at most 5 %%", n, sum.Events)
	}
}

// TestDuplicatesAreNoRetransmits: the network duplicates, so DSACKs come.
func TestDuplicatesAreNoRetransmits(t *testing.T) {
	l := needNetem(t)
	tr := netemTrace(t, l)
	netem(t, l.Ends[0], "duplicate", "20%")
	send(t, l, lab.Stream{Bytes: 2 << 20, CPU: -1})
	sum, kernel := judged(t, tr, l)
	if n := sum.Verdicts[VerdictReorderedAtHop] + sum.Verdicts[VerdictLostAtHop]; n != 0 {
		t.Errorf("%d retransmits are blamed on the hop", n)
	}
	if sum.Segs != kernel["TcpRetransSegs"] {
		t.Errorf("%d segments, want %d", sum.Segs, kernel["TcpRetransSegs"])
	}
}

// TestLinkCut: nothing arrives for a while; the timer fires again and again.
func TestLinkCut(t *testing.T) {
	l := needNetem(t)
	tr := netemTrace(t, l)
	stop := netemInTurn(t, l.Ends[0], netemTurn{time.Second, []string{"loss", "0%"}}, netemTurn{2 * time.Second, []string{"loss", "100%"}},
		netemTurn{time.Minute, []string{"loss", "0%"}})
	send(t, l, lab.RequestResponse{Duration: 5 * time.Second, Interval: 5 * time.Millisecond, CPU: -1})
	stop()
	sum, kernel := judged(t, tr, l)
	wantMost(t, sum, VerdictLostElsewhere)
	if got, want := sum.Classes[ClassRTO], kernel["TCPTimeouts"]; got != want || got == 0 {
		t.Errorf("retransmits of class rto: %d, want the kernel's TCPTimeouts %d", got, want)
	}
}

// TestTailLoss: the last segment is lost, and a probe is sent for it.
func TestTailLoss(t *testing.T) {
	l := needNetem(t)
	tr := netemTrace(t, l)
	stop := netemInTurn(t, l.Ends[0], netemTurn{700 * time.Millisecond, []string{"loss", "0%"}}, netemTurn{50 * time.Millisecond, []string{"loss", "100%"}})
	send(t, l, lab.RequestResponse{Duration: 5 * time.Second, Interval: 5 * time.Millisecond, CPU: -1})
	stop()
	sum, kernel := judged(t, tr, l)
	wantMost(t, sum, VerdictLostElsewhere)
	if got, want := sum.Classes[ClassTLP], kernel["TCPLossProbes"]; got == 0 || got != want {
		t.Errorf("retransmits of class tlp: %d, want the kernel's TCPLossProbes %d", got, want)
	}
}

// TestLossAtHop: there is no room in the backlog.
func TestLossAtHop(t *testing.T) {
	if !inVM {
		t.Skip("net.core.netdev_max_backlog is the whole machine's: runs in emulated ones")
	}
	l := needNetem(t)
	crossCPUs(t, l) // so that packets wait
	tr := netemTrace(t, l)
	setSysctl(t, "net/core/netdev_max_backlog", "10")
	send(t, l, lab.Stream{Bytes: 4 << 20, CPU: -1})
	sum, _ := judged(t, tr, l)
	wantMost(t, sum, VerdictLostAtHop)
}

// TestModesJudgeTheSame: retransmits and overtakings are the same in each mode.
func TestModesJudgeTheSame(t *testing.T) {
	l := needNetem(t)
	modes := modesHere(t)
	if len(modes) < 2 {
		t.Skipf("this kernel allows only mode %v", modes)
	}
	var traces []*Tracer
	for _, m := range modes {
		tr := startTrace(t, Options{Mode: m, Filter: onLab(l)})
		watchFromNow(tr)
		traces = append(traces, tr)
	}
	netem(t, l.Ends[0], "loss", "2%", "delay", "2ms")
	send(t, l, lab.Stream{Bytes: 4 << 20, CPU: -1})
	stop, toggled := make(chan struct{}), make(chan error)
	go func() { toggled <- toggleRPS(l.Ends[1], stop) }()
	sendNumbered(t, l, 3000)
	close(stop)
	if err := <-toggled; err != nil {
		t.Fatal(err)
	}
	type seen struct {
		reordered uint64
		causes    [NumReorderCauses]uint64
		events    uint64
		segs      uint64
		classes   [NumRetransmitClasses]uint64
		verdicts  [NumVerdicts]uint64
	}
	var all []seen
	for i, tr := range traces {
		sum, _ := judged(t, tr, l)
		d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1]))
		got := seen{reordered: d.Reordered, events: sum.Events, segs: sum.Segs, classes: sum.Classes, verdicts: sum.Verdicts}
		if d.Order != nil {
			got.causes = d.Order.Causes
		}
		t.Logf("%s: %+v", modes[i], got)
		all = append(all, got)
	}
	for i := range all[1:] {
		a, b := all[0], all[i+1]
		// Enqueue times are taken in other places: of two packets in the same
		// moment one mode may see the other order.
		if diff := max(a.reordered, b.reordered) - min(a.reordered, b.reordered); float64(diff) > 0.05*float64(a.reordered)+2 {
			t.Errorf("overtaken: %d in mode %s, %d in mode %s", a.reordered, modes[0], b.reordered, modes[i+1])
		}
		if a.events != b.events || a.segs != b.segs || a.classes != b.classes {
			t.Errorf("retransmits in mode %s: %+v, in mode %s: %+v", modes[0], a, modes[i+1], b)
		}
		// Each attaches to segments at its first retransmit, a little earlier
		// or later than the others: what it missed is unknown to it.
		unknown := a.verdicts[VerdictUnknown] + b.verdicts[VerdictUnknown]
		for v := range a.verdicts {
			if diff := max(a.verdicts[v], b.verdicts[v]) - min(a.verdicts[v], b.verdicts[v]); diff > unknown || unknown > a.events/4 {
				t.Errorf("verdicts in mode %s: %v, in mode %s: %v", modes[0], a.verdicts, modes[i+1], b.verdicts)
				break
			}
		}
	}
}
