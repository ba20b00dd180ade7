// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
)

var reorderOf = reorderStory{name: "reorder-7", duration: 5 * time.Second, migrate: 500 * time.Microsecond}

// quietRun is a run in which nothing went wrong.
func quietRun(rps string) reorderRun {
	l := &lab.Lab{Name: "reorder-7"}
	l.Ends[sendingEnd] = lab.End{
		Netns: "vethtrace-reorder-7-a", NetnsInode: 4026532001, Ifindex: 2, Ifname: "eth0",
		IPv4: netip.MustParsePrefix("10.77.9.1/24"),
	}
	l.Ends[receivingEnd] = lab.End{
		Netns: "vethtrace-reorder-7-b", NetnsInode: 4026532002, Ifindex: 2, Ifname: "eth0",
		IPv4: netip.MustParsePrefix("10.77.9.2/24"),
	}
	s := &tracer.Snapshot{Run: tracer.Run{Kernel: "6.18.0", Mode: tracer.ModeTracepoint}}
	for end, hops := range []uint64{50_000, 100_000} {
		d := tracer.Device{Counters: tracer.Counters{Hops: hops}}
		d.Name.DeviceID = deviceOf(l, end)
		s.Devices = append(s.Devices, d)
		s.Netns = append(s.Netns, tracer.NetnsTCP{Netns: d.Name.Netns})
	}
	return reorderRun{
		rps: rps, lab: l, seen: s,
		sent: lab.Result{Kind: "stream", Bytes: 10_000_000_000, Moves: 9_800, Duration: 5 * time.Second},
	}
}

func deviceOf(l *lab.Lab, end int) tracer.DeviceID {
	return tracer.DeviceID{Netns: uint32(l.Ends[end].NetnsInode), Ifindex: uint32(l.Ends[end].Ifindex)}
}

// reorderedRun has the whole chain.
func reorderedRun() reorderRun {
	r := quietRun("0")
	r.sent.Retransmits = 41_889
	data := &r.seen.Devices[receivingEnd]
	data.Reordered = 20_931
	data.Order = &tracer.Order{
		Pairs:      []tracer.OrderPair{{LateCPU: 1, OvertakerCPU: 0, Hops: 12_000}, {LateCPU: 0, OvertakerCPU: 1, Hops: 8_930}},
		OtherPairs: 1,
	}
	data.Order.Causes[tracer.CauseSenderMoved] = 20_900
	data.Order.Causes[tracer.CauseSoftirqSender] = 31
	r.seen.Devices[sendingEnd].Reordered = 5
	r.seen.Losses = tracer.Losses{MissedSlots: 3, OrderUnknown: 105, DroppedHops: 2}
	re := &r.seen.Retransmits
	re.Events, re.Segs, re.Pending, re.Failed = 10_000, 41_889, 10, 4
	re.Classes[tracer.ClassFast], re.Classes[tracer.ClassTLP] = 9_999, 1
	re.Verdicts[tracer.VerdictReorderedAtHop], re.Verdicts[tracer.VerdictUnknown] = 9_940, 50
	re.Spurious[tracer.ProofDSACK], re.Spurious[tracer.ProofUndo] = 9_000, 500
	r.seen.TCP = []tracer.TCPFlow{
		{Key: flowTo("10.77.9.2:5"), Receiver: &tracer.TCPReceiver{OutOfOrder: 80_000}},
		{Key: flowTo("10.77.9.2:6"), Receiver: &tracer.TCPReceiver{OutOfOrder: 1_034}},
		{Key: flowTo("10.77.9.1:5"), Receiver: &tracer.TCPReceiver{OutOfOrder: 1_000_000}},
	}
	setCounter(&r, receivingEnd, "TCPOFOQueue", 79_000)
	setCounter(&r, sendingEnd, "TcpRetransSegs", 41_889)
	setCounter(&r, sendingEnd, "TCPDSACKRecv", 9_001)
	return r
}

func flowTo(dst string) tracer.FlowKey {
	return tracer.FlowKey{Proto: 6, Dst: netip.MustParseAddrPort(dst)}
}

func setCounter(r *reorderRun, end int, name string, n int64) {
	r.seen.Netns[end].Counters[slices.Index(tracer.TCPCounterNames[:], name)] = n
}

func TestReorderText(t *testing.T) {
	var got strings.Builder
	runs := []reorderRun{reorderedRun(), quietRun("3")}
	runs[1].seen.Run.Warnings = []string{"a warning"}
	if err := writeReorder(&got, reorderOf, runs); err != nil {
		t.Fatal(err)
	}
	const want = `
rps_cpus                                              0           3
throughput                                   16.0Gbit/s  16.0Gbit/s
moves of the sender                                9800        9800
hops to the receiver                             100000      100000
  overtaken                               20931 (20.9%)           0
    on cpu1, by others on cpu0                    12000           0
    on cpu0, by others on cpu1                     8930           0
    on other CPUs                                     1           0
    cause sender_moved                            20900           0
    cause softirq_sender                             31           0
  dropped                                             2           0
ACKs overtaken on the way back                5 (<0.1%)           0
segments received out of order                    81034           0
  packets, TCPOFOQueue of the kernel              79000           0
segments sent again, as traced                    41889           0
  TcpRetransSegs of the kernel                    41889           0
  tcpi_total_retrans of the socket                41889           0
retransmits                                       10000           0
  class fast                              9999 (>99.9%)           0
  class tlp                                   1 (<0.1%)           0
  verdict unknown                             50 (0.5%)           0
  verdict reordered-at-hop                 9940 (99.4%)           0
  verdict pending                             10 (0.1%)           0
  not needed, by dsack                     9000 (90.0%)           0
  not needed, by undo                        500 (5.0%)           0
  failed attempts besides                             4           0
DSACKs received, TCPDSACKRecv                      9001           0
lost by the trace: hops missed                        3           0
lost by the trace: hops of unknown order            105           0

Without RPS 20931 of 100000 packets were overtaken at the hop, 2 dropped and
41889 segments were sent again, 99.4% of the retransmits because the packet was
overtaken there, and 95.0% proven not to have been needed; with rps_cpus=3 no
packet was overtaken at the hop and nothing was sent again: RPS cured it.
For a device DEV of your own, at its end that receives, in the namespace that
this is in:
  echo 3 > /sys/class/net/DEV/queues/rx-0/rps_cpus
warning: a warning
Everything is undone: there is no lab reorder-7 any more.
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, got.String())
	}
}

// What is not known is neither 0 nor guessed.
func TestReorderTextOfUnknown(t *testing.T) {
	first := quietRun("0")
	first.sent.Retransmits = 5
	first.sent.Duration = 0
	first.seen = &tracer.Snapshot{TCP: []tracer.TCPFlow{{Key: flowTo("10.77.9.2:5")}}}
	second := quietRun("3")
	setCounter(&second, sendingEnd, "TcpRetransSegs", -1)
	var got strings.Builder
	if err := writeReorder(&got, reorderOf, []reorderRun{first, second}); err != nil {
		t.Fatal(err)
	}
	const want = `
rps_cpus                                   0           3
throughput                            0bit/s  16.0Gbit/s
moves of the sender                     9800        9800
hops to the receiver                       0      100000
  overtaken                                0           0
ACKs overtaken on the way back             0           0
segments received out of order             -           0
  packets, TCPOFOQueue of the kernel       -           0
segments sent again, as traced             0           0
  TcpRetransSegs of the kernel             -           -
  tcpi_total_retrans of the socket         5           0
retransmits                                0           0
DSACKs received, TCPDSACKRecv              -           0
lost by the trace                          0           0

Without RPS no hop was traced and 5 segments were sent again, which the trace
has not seen; with rps_cpus=3 no packet was overtaken at the hop and nothing was
sent again: RPS cured it.
For a device DEV of your own, at its end that receives, in the namespace that
this is in:
  echo 3 > /sys/class/net/DEV/queues/rx-0/rps_cpus
Everything is undone: there is no lab reorder-7 any more.
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, got.String())
	}
}

func TestOutOfOrder(t *testing.T) {
	other := tracer.TCPFlow{Key: flowTo("10.77.9.1:5"), Receiver: &tracer.TCPReceiver{OutOfOrder: 9}}
	seen := tracer.TCPFlow{Key: flowTo("10.77.9.2:5"), Receiver: &tracer.TCPReceiver{OutOfOrder: 3}}
	unseen := tracer.TCPFlow{Key: flowTo("10.77.9.2:6")}
	for _, c := range []struct {
		again uint64
		flows []tracer.TCPFlow
		n     uint64
		known bool
	}{
		{0, nil, 0, true},
		{0, []tracer.TCPFlow{other}, 0, true},
		{1, []tracer.TCPFlow{other}, 0, false},
		{1, []tracer.TCPFlow{seen, other, seen}, 6, true},
		{0, []tracer.TCPFlow{seen, unseen}, 0, false},
	} {
		r := quietRun("0")
		r.sent.Retransmits, r.seen.TCP = c.again, c.flows
		if n, known := r.outOfOrder(); n != c.n || known != c.known {
			t.Errorf("%d sent again, %d flows: got %d, %t, want %d, %t", c.again, len(c.flows), n, known, c.n, c.known)
		}
	}
}

func TestReorderConclusion(t *testing.T) {
	again := func(segs, hops uint64, verdict tracer.Verdict) reorderRun {
		r := quietRun("3")
		r.sent.Retransmits = segs
		r.seen.Devices[receivingEnd].Reordered = hops
		r.seen.Retransmits.Events = segs
		r.seen.Retransmits.Verdicts[verdict] = segs
		return r
	}
	undecided := again(10, 0, tracer.VerdictTimeout)
	undecided.seen.Retransmits.Verdicts[tracer.VerdictTimeout], undecided.seen.Retransmits.Pending = 4, 6
	for _, c := range []struct {
		without, with reorderRun
		want          []string
		cure          bool
	}{
		{quietRun("0"), quietRun("3"), []string{"Without RPS no packet was overtaken at the hop and nothing was sent again; ", "nothing to cure"}, false},
		{again(1, 1, tracer.VerdictReorderedAtHop), quietRun("3"),
			[]string{"1 of 100000 packets was overtaken", "1 segment was sent again, 100% of the retransmits because the packet was overtaken there;", "RPS cured it."}, true},
		{again(100, 90, tracer.VerdictReorderedAtHop), again(25, 0, tracer.VerdictTimeout),
			[]string{"25 segments were sent again, 100% of the retransmits because an ACK was late", "RPS spared 75.0% of them."}, true},
		{again(10, 0, tracer.VerdictLostElsewhere), again(10, 0, tracer.VerdictLostElsewhere),
			[]string{"because the packet was lost elsewhere", "RPS did not help."}, false},
		{quietRun("0"), again(3, 0, tracer.VerdictLostAtHop), []string{"because the packet was dropped there", "nothing to cure"}, false},
		{undecided, quietRun("3"), []string{"60.0% of the retransmits for a reason that is not known"}, true},
	} {
		runs := []reorderRun{c.without, c.with}
		got := reorderConclusion(runs)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("got %q, want %q in it", got, want)
			}
		}
		if cure := reorderCure(runs); (cure != "") != c.cure {
			t.Errorf("%s: got cure %q", got, cure)
		}
	}
	for v, words := range verdictWords {
		if words == "" {
			t.Errorf("no words for verdict %s", tracer.Verdict(v))
		}
	}
}

// reorderDocument is what these tests look at in the JSON document.
type reorderDocument struct {
	Type, Story, Kernel, Mode, Conclusion, Cure string
	Schema                                      int
	DurationNS                                  int64 `json:"duration_ns"`
	MigrateNS                                   int64 `json:"migrate_ns"`
	Warnings                                    []string
	Runs                                        []struct {
		RPSCPUs          string `json:"rps_cpus"`
		Sender, Receiver deviceRecord
		Stream           streamJSON
		Data, ACKs       directionJSON
		OutOfOrder       *uint64 `json:"out_of_order_segs"`
		Retransmits      retransmitsJSON
		SenderCounters   map[string]uint64 `json:"sender_counters"`
		ReceiverCounters map[string]uint64 `json:"receiver_counters"`
		Losses           map[string]uint64
	}
}

func parseReorder(t *testing.T, text string) (doc reorderDocument) {
	t.Helper()
	if !strings.HasPrefix(text, `{"type":"experiment","schema":1,"story":"reorder",`) || strings.Count(text, "\n") != 1 {
		t.Fatalf("not a document on a line: %q", text)
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestReorderJSON(t *testing.T) {
	unknown := quietRun("3")
	unknown.seen.Netns = nil
	unknown.seen.TCP = []tracer.TCPFlow{{Key: flowTo("10.77.9.2:5")}}
	runs := []reorderRun{reorderedRun(), unknown}
	var text strings.Builder
	if err := writeReorderJSON(&text, reorderOf, runs); err != nil {
		t.Fatal(err)
	}
	doc := parseReorder(t, text.String())
	if len(doc.Runs) != 2 || doc.DurationNS != 5e9 || doc.MigrateNS != 500_000 || doc.Mode != "tracepoint" || doc.Kernel != "6.18.0" ||
		doc.Warnings == nil || doc.Conclusion != reorderConclusion(runs) || doc.Cure != reorderCure(runs) {
		t.Errorf("got %+v", doc)
	}
	one := doc.Runs[0]
	if one.RPSCPUs != "0" || one.Sender.NetnsName != "vethtrace-reorder-7-a" || one.Receiver.Netns != 4026532002 ||
		one.Stream != (streamJSON{5e9, 10e9, 16e9, 9800, 41889}) || one.Data.Hops != 100_000 || one.ACKs.Reordered != 5 ||
		!slices.Equal(one.Data.OrderPairs, []orderPairJSON{{1, 0, 12_000}, {0, 1, 8_930}}) || one.Data.OtherPairs != 1 ||
		one.Data.Causes["sender_moved"] != 20_900 || one.OutOfOrder == nil || *one.OutOfOrder != 81_034 {
		t.Errorf("got %+v", one)
	}
	re := one.Retransmits
	if re.Events != 10_000 || re.Segs != 41_889 || re.Classes["fast"] != 9_999 || re.Verdicts["reordered-at-hop"] != 9_940 ||
		re.Pending != 10 || re.Spurious["dsack"] != 9_000 || re.Failed != 4 ||
		one.SenderCounters["TcpRetransSegs"] != 41_889 || one.ReceiverCounters["TCPOFOQueue"] != 79_000 ||
		one.Losses["order_unknown"] != 105 || one.Losses["missed_slots"] != 3 || one.Losses["dropped_hops"] != 2 {
		t.Errorf("got %+v", one)
	}
	// A 0 is there, what is not known is not, and no list is null.
	if two := doc.Runs[1]; two.OutOfOrder != nil || two.SenderCounters != nil || two.Data.OrderPairs == nil {
		t.Errorf("got %+v", two)
	}
	for _, field := range []string{`"rto":0`, `"lost-at-hop":0`, `"threaded_napi":0`, `"rare_ringbuf":0`, `"order_pairs":[]`, `"warnings":[]`} {
		if strings.Count(text.String(), field) == 0 {
			t.Errorf("no %s in %s", field, text.String())
		}
	}
	if strings.Contains(text.String(), "null") {
		t.Errorf("null in %s", text.String())
	}
}
