// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// hopsTo are n hops to one of the devices, which are not slow.
func hopsTo(t *trace, device, flow int, n uint64) {
	t.add(0, burst{device, flow, n, 0, 0, tracer.PathBacklog, tracer.RunnerInline, 1500})
}

func only(c tracer.ReorderCause, n uint64) map[tracer.ReorderCause]uint64 {
	return map[tracer.ReorderCause]uint64{c: n}
}

func TestReorderFindings(t *testing.T) {
	pair := tracer.OrderPair{LateCPU: 0, OvertakerCPU: 1, Hops: 120}
	overtake := func(cause tracer.ReorderCause) func(t *trace) {
		return func(t *trace) {
			hopsTo(t, 0, 0, 10_000)
			t.overtake(0, 120, 40_000, only(cause, 120), pair)
		}
	}
	const echo = "next: echo 3 >/sys/class/net/veth57703b6/queues/rx-0/rps_cpus"
	const first = "REORDER host/veth57703b6: 1.2% of hops overtaken (CPU 0 after CPU 1): "
	for _, tt := range []struct {
		name   string
		change func(t *trace)
		want   []string
	}{
		{"unknown", overtake(tracer.CauseUnknown), []string{first + "no cause was seen | next: 4, then enter on its row"}},
		{"sender moved", overtake(tracer.CauseSenderMoved), []string{first + "the sender moves between CPUs | " + echo}},
		{"softirqs", overtake(tracer.CauseSoftirqSender), []string{first + "softirqs on several CPUs send | " + echo}},
		{"tasks", overtake(tracer.CauseSeveralSenders), []string{first + "several tasks send, on several CPUs | " + echo}},
		{"RPS changed", overtake(tracer.CauseRPSChanged), []string{first + "RPS was changed | so: ends when rps_cpus stays as it is"}},
		{"RFS", overtake(tracer.CauseRFSChanged), []string{first + "RFS followed the reader to another CPU | so: ends when its reader stays on one CPU"}},
		{"queues", overtake(tracer.CauseSeveralQueues), []string{first + "they went through several receive queues | so: ends when each flow keeps to one receive queue"}},
		{"thread", overtake(tracer.CauseThreaded), []string{first + "a NAPI thread delivered some | next: 4, then enter on its row"}},
		{"several pairs and causes, in a namespace", func(t *trace) {
			hopsTo(t, 2, 5, 10_000)
			t.overtake(5, 1200, 40_000, map[tracer.ReorderCause]uint64{tracer.CauseSenderMoved: 700, tracer.CauseRPSChanged: 500},
				tracer.OrderPair{LateCPU: 1, OvertakerCPU: 1, Hops: 1000}, tracer.OrderPair{LateCPU: 0, OvertakerCPU: 1, Hops: 200})
		}, []string{
			"REORDER db/eth0: 12% of hops overtaken (mostly both on CPU 1): the sender moves between CPUs | " +
				"next: ip netns exec db sh -c 'echo 3 >/sys/class/net/eth0/queues/rx-0/rps_cpus'",
		}},
		{"in a namespace without a name", func(t *trace) {
			t.s.Devices[2].Name.NetnsName, t.s.Flows[5].Device.NetnsName = "", ""
			hopsTo(t, 2, 5, 1000)
			t.overtake(5, 10, 40_000, only(tracer.CauseSenderMoved, 10), tracer.OrderPair{LateCPU: 1, OvertakerCPU: 0, Hops: 10})
		}, []string{
			"REORDER 4026532411/eth0: 1.0% of hops overtaken (CPU 1 after CPU 0): the sender moves between CPUs | " +
				"next: write 3 to rps_cpus of eth0 in its namespace (RPS)",
		}},
		{"a name that a shell would not take", func(t *trace) {
			t.s.Devices[0].Name.Ifname, t.s.Flows[0].Device.Ifname = "$(reboot)", "$(reboot)"
			hopsTo(t, 0, 0, 10_000)
			t.overtake(0, 120, 40_000, only(tracer.CauseSenderMoved, 120), pair)
		}, []string{
			"REORDER host/$(reboot): 1.2% of hops overtaken (CPU 0 after CPU 1): the sender moves between CPUs | next: write 3 to its rps_cpus (RPS)",
		}},
		{"few", func(t *trace) {
			hopsTo(t, 0, 0, 100_000)
			t.overtake(0, 50, 40_000, only(tracer.CauseSenderMoved, 50), pair)
		}, []string{
			"NOTE host/veth57703b6: 0.1% of hops overtaken (CPU 0 after CPU 1): the sender moves between CPUs | " + echo,
		}},
		{"few of few", func(t *trace) {
			hopsTo(t, 0, 0, 100)
			t.overtake(0, 9, 40_000, only(tracer.CauseSenderMoved, 9), pair)
		}, []string{
			"NOTE host/veth57703b6: 9.0% of hops overtaken (CPU 0 after CPU 1): the sender moves between CPUs | " + echo,
		}},
		{"on two devices, one of which nothing is known of", func(t *trace) {
			hopsTo(t, 0, 0, 10_000)
			hopsTo(t, 1, 3, 10_000)
			t.s.Devices[0].Reordered = 15
			t.s.Devices[1].Reordered = 4000
		}, []string{
			"REORDER host/vethnapi: 40% of hops overtaken: no cause was seen, 1 more device | next: 4, then enter on its row",
		}},
		{"before what is slow", func(t *trace) {
			t.add(0, burst{0, 0, 9000, 1, 1, tracer.PathBacklog, tracer.RunnerHardirq, 8e5})
			t.overtake(0, 120, 40_000, only(tracer.CauseSenderMoved, 120), pair)
		}, []string{
			"REORDER host/veth57703b6: 1.3% of hops overtaken (CPU 0 after CPU 1): the sender moves between CPUs | " + echo,
			"SLOW host/veth57703b6: p99 3.9ms, mostly in stage queue (3.9ms) | next: enter on its row, 2 for the CPUs",
		}},
	} {
		if got := after(tt.change); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n  %s\nwant\n  %s", tt.name, strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
		}
	}
}

func TestRetransmitFindings(t *testing.T) {
	key, other := tcpKey("10.9.0.1:41234", "10.9.0.2:5201"), tcpKey("10.9.0.3:1", "10.9.0.4:2")
	a, host := name(4026532256, "a", 2, "eth0"), name(4026531840, "host", 7, "veth57703b6")
	again := func(v tracer.Verdict, n uint64, c tracer.RetransmitClass, change ...func(*trace)) func(t *trace) {
		return func(t *trace) {
			t.sendAgain(key, a, host, resend{events: n, class: c, verdict: v, decided: n})
			for _, f := range change {
				f(t)
			}
		}
	}
	dropped := func(kind tracer.Kind) func(t *trace) {
		return func(t *trace) {
			t.seen(key, tracer.Retransmit{Verdict: tracer.VerdictLostAtHop, Chain: tracer.Chain{Dropped: &tracer.Drop{Rx: host, Kind: kind, TargetCPU: -1}}},
				tracer.Retransmit{Verdict: tracer.VerdictUnknown})
		}
	}
	allKinds := func(t *trace) { t.s.Run.Kinds = tracer.AllKinds() }
	const flow, enter = "10.9.0.1:41234 -> 10.9.0.2:5201: ", "next: 5, then enter on its row"
	const kinds = "next: vethtrace top --kind all (other kinds of device)"
	for _, tt := range []struct {
		name   string
		change func(t *trace)
		want   []string
	}{
		{"reordered", again(tracer.VerdictReorderedAtHop, 320, tracer.ClassFast, func(t *trace) {
			t.seen(key, t.chained(key, &t.s.Devices[0], 1)...)
		}), []string{"RETRANS " + flow + "320 segments/s sent again, 100% reordered at host/veth57703b6 | " + enter}},
		{"reordered, chain not kept", again(tracer.VerdictReorderedAtHop, 320, tracer.ClassFast), []string{
			"RETRANS " + flow + "320 segments/s sent again, 100% reordered at a hop | " + enter,
		}},
		{"lost at a hop", again(tracer.VerdictLostAtHop, 20, tracer.ClassFast, dropped(tracer.KindVeth)), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% dropped at host/veth57703b6 | next: vethtrace trace | grep DROPPED (reasons)",
		}},
		{"lost at a hop of another kind", again(tracer.VerdictLostAtHop, 20, tracer.ClassFast, dropped(tracer.KindMacvlan)), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% dropped at host/veth57703b6 | next: vethtrace trace --kind macvlan | grep DROPPED (reasons)",
		}},
		{"lost elsewhere", again(tracer.VerdictLostElsewhere, 20, tracer.ClassFast), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% lost at no traced hop | " + kinds,
		}},
		{"lost elsewhere, all kinds", again(tracer.VerdictLostElsewhere, 20, tracer.ClassFast, allKinds), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% lost at no traced hop | next: ip -s link (errors and drops of other devices)",
		}},
		{"lost elsewhere, with a filter", again(tracer.VerdictLostElsewhere, 20, tracer.ClassFast, func(t *trace) { t.s.Run.Filter = "dev x" }), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% lost at no traced hop | next: vethtrace top without the filter: other hops",
		}},
		{"reordered elsewhere", again(tracer.VerdictReorderedElsewhere, 20, tracer.ClassFast), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% not needed, yet reordered at no traced hop | " + kinds,
		}},
		{"timeout", again(tracer.VerdictTimeout, 1, tracer.ClassRTO), []string{
			"RETRANS " + flow + "1.0 segments/s sent again, 100% not needed, by timers: the ACK was late | so: the ACK took longer than the timer; next: 5, enter",
		}},
		{"unknown", again(tracer.VerdictUnknown, 20, tracer.ClassFast), []string{
			"RETRANS " + flow + "20 segments/s sent again, 100% for a reason not seen | " + enter,
		}},
		{"not decided yet", func(t *trace) {
			t.sendAgain(key, a, host, resend{events: 20, class: tracer.ClassFast})
		}, []string{"RETRANS " + flow + "20 segments/s sent again, not known yet why | " + enter}},
		{"few", again(tracer.VerdictLostElsewhere, 9, tracer.ClassTLP), []string{
			"NOTE " + flow + "9.0 segments/s sent again, 100% lost at no traced hop | " + kinds,
		}},
		{"one finding a verdict, the most first", func(t *trace) {
			again(tracer.VerdictReorderedAtHop, 300, tracer.ClassFast)(t)
			t.sendAgain(other, a, host, resend{events: 310, class: tracer.ClassFast, verdict: tracer.VerdictLostElsewhere, decided: 310})
			t.sendAgain(tcpKey("10.9.0.3:1", "10.9.0.4:3"), a, host, resend{events: 12, class: tracer.ClassFast, verdict: tracer.VerdictLostElsewhere, decided: 12})
		}, []string{
			"RETRANS 10.9.0.3:1 -> 10.9.0.4:2: 310 segments/s sent again, 100% lost at no traced hop, 1 more flow | " + kinds,
			"RETRANS " + flow + "300 segments/s sent again, 100% reordered at a hop | " + enter,
		}},
		{"the device that it was reordered at comes before it, whatever its share", func(t *trace) {
			hopsTo(t, 0, 0, 1_000_000)
			t.overtake(0, 120, 40_000, only(tracer.CauseSenderMoved, 120), tracer.OrderPair{LateCPU: 0, OvertakerCPU: 1, Hops: 120})
			again(tracer.VerdictReorderedAtHop, 300, tracer.ClassFast)(t)
			t.seen(key, t.chained(key, &t.s.Devices[0], 1)...)
			t.sendAgain(other, a, host, resend{events: 310, class: tracer.ClassFast, verdict: tracer.VerdictLostElsewhere, decided: 310})
			t.s.Devices[1].Drops[tracer.DropXDP] = 40
		}, []string{
			"RETRANS 10.9.0.3:1 -> 10.9.0.4:2: 310 segments/s sent again, 100% lost at no traced hop | " + kinds,
			"REORDER host/veth57703b6: <0.1% of hops overtaken (CPU 0 after CPU 1): the sender moves between CPUs | next: echo 3 >/sys/class/net/veth57703b6/queues/rx-0/rps_cpus",
			"RETRANS " + flow + "300 segments/s sent again, 100% reordered at host/veth57703b6 | " + enter,
			"DROPS host/vethnapi: 40 packets/s not passed on by its XDP program | next: ip link show dev vethnapi (prog/xdp id)",
		}},
		{"events lost", func(t *trace) { t.s.Losses.RareRingbuf = 12 }, []string{
			"LOST 12 events of order and TCP found the ring buffer full | so: verdicts on retransmits may be wrong",
		}},
		{"only received", func(t *trace) { t.receive(key, 1, "x", 100, 3) }, nil},
	} {
		if got := after(tt.change); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n  %s\nwant\n  %s", tt.name, strings.Join(got, "\n  "), strings.Join(tt.want, "\n  "))
		}
	}
}

// TestHintOnNarrowTerminal: what is wrong, where, and the command are whole at
// 80 columns.
func TestHintOnNarrowTerminal(t *testing.T) {
	key := tcpKey("10.9.0.1:41234", "10.9.0.2:5201")
	a, host := name(4026532256, "a", 2, "eth0"), name(4026531840, "host", 7, "veth57703b6")
	again := func(v tracer.Verdict) func(*trace) {
		return func(t *trace) {
			t.sendAgain(key, a, host, resend{events: 25_000, class: tracer.ClassFast, verdict: v, decided: 24_000})
		}
	}
	for _, tt := range []struct {
		change      func(t *trace)
		first, next string
	}{
		{func(t *trace) {
			hopsTo(t, 0, 0, 10_000)
			t.overtake(0, 120, 40_000, only(tracer.CauseSenderMoved, 120), tracer.OrderPair{LateCPU: 0, OvertakerCPU: 1, Hops: 120})
		}, "REORDER host/veth57703b6: 1.2% overtaken, CPU 0 after 1: sender changes CPU",
			"  since 03:01:17  next: echo 3 >/sys/class/net/veth57703b6/queues/rx-0/rps_cpus"},
		{again(tracer.VerdictReorderedAtHop), "RETRANS 10.9.0.1:41234 -> 10.9.0.2:5201: 25.0k segs/s, 100% reordered at a hop", "next: 5, then enter on its row"},
		{again(tracer.VerdictLostAtHop), "RETRANS 10.9.0.1:41234 -> 10.9.0.2:5201: 25.0k segs/s, 100% dropped at a hop", "next: vethtrace trace | grep DROPPED (reasons)"},
		{again(tracer.VerdictReorderedElsewhere), "100% reordered elsewhere", "next: vethtrace top --kind all (other kinds of device)"},
		{again(tracer.VerdictLostElsewhere), "RETRANS 10.9.0.1:41234 -> 10.9.0.2:5201: 25.0k segs/s, 100% lost elsewhere", "next: vethtrace top --kind all (other kinds of device)"},
		{again(tracer.VerdictTimeout), "100% by late ACKs", "so: the ACK took longer than the timer; next: 5, enter"},
		{again(tracer.VerdictUnknown), "100% not seen why", "next: 5, then enter on its row"},
	} {
		tr := newTrace(2)
		tr.add(time.Minute, burst{0, 0, 100_000, 0, 0, tracer.PathBacklog, tracer.RunnerInline, 1500})
		s := newScreen(t, 80, 24).feed(tr.snapshot())
		tr.add(time.Second)
		tt.change(tr)
		got := strings.Split(s.feed(tr.snapshot()).drawn(), "\n")
		if !strings.Contains(got[2], tt.first) || !strings.Contains(got[3], tt.next) {
			t.Errorf("got\n%s\n%s\nwant\n%s\n%s", got[2], got[3], tt.first, tt.next)
		}
	}
}
