// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/vethtrace/vethtrace/lab"
)

// nstat reads a namespace's counters by another program, since it was made.
func nstat(t testing.TB, netns string) map[string]uint64 {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", netns, "nstat", "-asz").CombinedOutput()
	if err != nil {
		t.Fatalf("nstat: %v: %s", err, out)
	}
	counters := make(map[string]uint64)
	for line := range strings.Lines(string(out)) {
		var name string
		var n uint64
		if _, err := fmt.Sscan(line, &name, &n); err == nil {
			counters[strings.TrimPrefix(name, "TcpExt")] = n
		}
	}
	return counters
}

// wantCounters fails unless what was traced of a namespace's retransmits is what
// the kernel counted there.
func wantCounters(t testing.TB, s *Snapshot, l *lab.Lab) map[string]uint64 {
	t.Helper()
	kernel := nstat(t, l.Ends[0].Netns)
	var all Retransmits
	for _, f := range s.TCP {
		if !isFrom(&f, l) {
			continue
		}
		all.Segs += f.Sender.Segs
		all.Events += f.Sender.Events
		for c := range all.Classes {
			all.Classes[c] += f.Sender.Classes[c]
			all.ClassSegs[c] += f.Sender.ClassSegs[c]
		}
	}
	if s.Losses.RareRingbuf > 0 {
		t.Errorf("%d events were lost", s.Losses.RareRingbuf)
	}
	if got, want := all.Segs, kernel["TcpRetransSegs"]; got != want {
		t.Errorf("segments sent again: %d, want the kernel's %d", got, want)
	}
	if got, want := all.ClassSegs[ClassFast], kernel["TCPFastRetrans"]; got != want {
		t.Errorf("segments of class fast: %d, want the kernel's TCPFastRetrans %d", got, want)
	}
	if got, want := all.ClassSegs[ClassSlowStart]+all.ClassSegs[ClassMTU], kernel["TCPSlowStartRetrans"]; got != want {
		t.Errorf("segments of classes slow_start and mtu: %d, want the kernel's TCPSlowStartRetrans %d", got, want)
	}
	if got, want := all.ClassSegs[ClassSYN]+all.ClassSegs[ClassSYNACK], kernel["TCPSynRetrans"]; got != want {
		t.Errorf("SYNs sent again: %d, want the kernel's %d", got, want)
	}
	// Probes of new data are no retransmit; nor is a timeout whose
	// retransmission found no memory.
	for name, c := range map[string]RetransmitClass{"TCPTimeouts": ClassRTO, "TCPLossProbes": ClassTLP} {
		if got, most := all.Classes[c], kernel[name]; got > most {
			t.Errorf("retransmits of class %v: %d, want at most the kernel's %s %d", c, got, name, most)
		}
	}
	for _, ns := range s.Netns {
		if inVM || ns.Netns != uint32(l.Ends[0].NetnsInode) {
			continue // an inode may be that of an earlier one there
		}
		for i, name := range TCPCounterNames {
			if want, ok := kernel[name]; ok && ns.Counters[i] != int64(want) {
				t.Errorf("%s by the trace: %d, by nstat %d", name, ns.Counters[i], want)
			}
		}
	}
	return kernel
}

// isFrom says whether end a of this lab sends it. In emulated machines one trace
// sees many labs, and namespaces that have the same inode as earlier ones.
func isFrom(f *TCPFlow, l *lab.Lab) bool {
	a := l.Ends[0]
	return f.Sender != nil && f.Sender.Netns == uint32(a.NetnsInode) &&
		(f.Key.Src.Addr() == a.IPv4.Addr() || f.Key.Src.Addr() == a.IPv6.Addr())
}

// tcpFrom is the traced connections of end a together.
func tcpFrom(s *Snapshot, l *lab.Lab) (sum Retransmits, outOfOrder uint64) {
	for _, f := range s.TCP {
		if !isFrom(&f, l) {
			continue
		}
		sum.Events += f.Sender.Events
		sum.Segs += f.Sender.Segs
		sum.Pending += f.Sender.Pending
		for i, n := range f.Sender.Verdicts {
			sum.Verdicts[i] += n
		}
		for i, n := range f.Sender.Spurious {
			sum.Spurious[i] += n
		}
		for i, n := range f.Sender.Classes {
			sum.Classes[i] += n
		}
		for i, n := range f.Sender.Causes {
			sum.Causes[i] += n
		}
		if f.Receiver != nil {
			outOfOrder += f.Receiver.OutOfOrder
		}
	}
	return sum, outOfOrder
}

// TestMovedSenderReorders is story 4: a sender that is moved between CPUs makes
// its own packets overtake each other, and TCP sends them again.
func TestMovedSenderReorders(t *testing.T) {
	if inVM {
		t.Skip("moving a sender seldom reorders in emulated machines")
	}
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	var kernel map[string]uint64
	var sum Retransmits
	var outOfOrder, want uint64
	for round := 0; ; round++ {
		r := send(t, l, lab.Stream{Duration: 3 * time.Second, Migrate: 500 * time.Microsecond, CPU: -1})
		want += r.OutOfOrder
		tr.Settle()
		s := snapshot(t, tr)
		d := deviceIn(s, deviceIDOf(l.Ends[1]))
		kernel = wantCounters(t, s, l)
		sum, outOfOrder = tcpFrom(s, l)
		t.Logf("%d of %d hops overtaken, %+v, out of order %d, losses %+v", d.Reordered, d.Hops, sum, outOfOrder, s.Losses)
		if d.Order != nil {
			t.Logf("causes %v, pairs %v, moves %d", d.Order.Causes, d.Order.Pairs, d.Order.Moves)
		}
		if sum.Segs >= 1000 {
			break
		}
		if round == 4 {
			t.Fatalf("only %d segments were sent again in %d rounds", sum.Segs, round+1)
		}
	}
	if share := float64(sum.Verdicts[VerdictReorderedAtHop]) / float64(sum.Events); share < 0.9 {
		t.Errorf("%.1f %% of retransmits are reordered-at-hop, want more than 90 %%", 100*share)
	}
	if moved := sum.Causes[CauseSenderMoved]; float64(moved) < 0.9*float64(sum.Verdicts[VerdictReorderedAtHop]) {
		t.Errorf("causes %v, want sender_moved", sum.Causes)
	}
	if sum.Pending != 0 {
		t.Errorf("%d retransmits have no verdict", sum.Pending)
	}
	// The trace reads the count before a segment is added to it.
	if outOfOrder > want || float64(outOfOrder) < 0.95*float64(want) {
		t.Errorf("segments out of order at the receiver: %d, want the socket's %d", outOfOrder, want)
	}
	if want := kernel["TCPDSACKRecv"]; want > 0 && sum.Spurious[ProofDSACK]+sum.Spurious[ProofUndo] == 0 {
		t.Errorf("the kernel received %d DSACKs, and no retransmit is called spurious", want)
	}
}

// TestRPSCures: with one CPU for each flow nothing is overtaken, however its
// sender moves.
func TestRPSCures(t *testing.T) {
	if inVM {
		t.Skip("emulated machines send probes, after which sockets take another hash: runs on real ones")
	}
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	l := newLab(t)
	for _, e := range l.Ends {
		if err := lab.SetRPS(e.Netns, e.Ifname, "3"); err != nil {
			t.Fatal(err)
		}
	}
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	send(t, l, lab.Stream{Duration: 3 * time.Second, Migrate: 500 * time.Microsecond, CPU: -1})
	m.settle()
	tr.Settle()
	s := snapshot(t, tr)
	for _, e := range l.Ends {
		if d := deviceIn(s, deviceIDOf(e)); d.Reordered != 0 || d.Hops == 0 {
			t.Errorf("%v: %d of %d hops overtaken, want none", d.Name, d.Reordered, d.Hops)
		}
	}
	kernel := wantCounters(t, s, l)
	// A busy machine may send a probe when an ACK is late; nothing is reordered.
	if n := kernel["TCPFastRetrans"] + nstat(t, l.Ends[1].Netns)["TCPOFOQueue"]; n != 0 {
		t.Errorf("the kernel counted %d fast retransmits and segments out of order, want none", n)
	}
}

// TestPinnedSenderIsInOrder: what one CPU sends stays in order.
func TestPinnedSenderIsInOrder(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := labTrace(t, l)
	m := newMeter(t, tr, l)
	for _, traffic := range []lab.Traffic{
		lab.UDP{Count: fewer(200_000), CPU: 0},
		lab.UDP{Count: fewer(50_000), CPU: 0, IPv6: true},
		lab.RequestResponse{Count: fewer(20_000), CPU: 0},
		lab.Ping{Count: fewer(20_000), CPU: 0},
		lab.Stream{Bytes: fewer(100 << 20), Rate: 500e6, CPU: 0},
	} {
		send(t, l, traffic)
	}
	m.settle()
	s := snapshot(t, tr)
	// Answers and ACKs are not pinned. And the kernel sends from the CPU that an
	// ACK arrives on, too.
	to := deviceIDOf(l.Ends[1])
	d := deviceIn(s, to)
	reordered := d.Reordered - m.at.traced[1].Reordered
	if most := nstat(t, l.Ends[1].Netns)["TCPOFOQueue"]; reordered > most {
		t.Errorf("%v: %d of %d hops overtaken, want at most the %d that the kernel found out of order",
			d.Name, reordered, d.Hops, most)
	}
	for _, f := range s.Flows {
		from := f.Key.Src.Addr()
		if from != l.Ends[0].IPv4.Addr() && from != l.Ends[0].IPv6.Addr() {
			continue // of an earlier lab, in a namespace with this inode
		}
		if f.Device.DeviceID == to && f.Key.Proto != protoTCP && f.Reordered != 0 {
			t.Errorf("%v: %d of %d hops overtaken, want none", f.Key, f.Reordered, f.Hops)
		}
	}
}
