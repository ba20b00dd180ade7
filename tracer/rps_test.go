// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/cilium/ebpf"

	"github.com/vethtrace/vethtrace/lab"
)

// crossCPUs makes end b receive on CPU 1 only, whoever sends. The setting goes
// with the lab.
func crossCPUs(t testing.TB, l *lab.Lab) {
	t.Helper()
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	if err := lab.SetRPS(l.Ends[1].Netns, l.Ends[1].Ifname, "2"); err != nil {
		t.Fatal(err)
	}
}

func TestRPSMovesEveryHop(t *testing.T) {
	l := newLab(t)
	crossCPUs(t, l)
	// What waits for an address to be resolved is sent by the softirq that
	// receives the reply, on the other CPU.
	send(t, l, lab.Ping{Count: 1, CPU: 0})
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	before := softnetOf(t, 1)
	send(t, l, lab.UDP{Count: fewer(50_000), CPU: 0})
	got := m.settle()
	m.wantExact(got[:], 0)

	udp := udpHops(t, tr, l)
	if udp.CrossCPU != udp.Hops {
		t.Errorf("%d of %d hops crossed CPUs, want all", udp.CrossCPU, udp.Hops)
	}
	// A task that happens to transmit on CPU 1 runs what is queued there along
	// with its own.
	other := udp.Runners[RunnerHardirq] + udp.Runners[RunnerKsoftirqd]
	t.Logf("runners %v", udp.Runners)
	if float64(other) < 0.98*float64(udp.Hops) {
		t.Errorf("runners %v: want hardirq or ksoftirqd", udp.Runners)
	}
	if now := softnetOf(t, 1); now.ReceivedRPS == before.ReceivedRPS {
		t.Error("received_rps of CPU 1 did not grow: the test says nothing")
	} else {
		t.Logf("received_rps grew by %d", now.since(before).ReceivedRPS)
	}
}

func TestWithoutRPSNoHopMoves(t *testing.T) {
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	m := newMeter(t, tr, l)
	send(t, l, lab.UDP{Count: fewer(50_000), CPU: 0})
	got := m.settle()
	m.wantExact(got[:], 0)

	udp := udpHops(t, tr, l)
	if udp.CrossCPU != 0 {
		t.Errorf("%d of %d hops crossed CPUs, want none", udp.CrossCPU, udp.Hops)
	}
	inline := float64(udp.Runners[RunnerInline]) / float64(udp.Hops)
	t.Logf("inline: %.3f %%, runners %v", 100*inline, udp.Runners)
	if inline < 0.95 {
		t.Errorf("%.1f %% of hops were run inline by their sender, want more than 95 %%", 100*inline)
	}
}

// udpHops is the only UDP flow to end b.
func udpHops(t testing.TB, tr *Tracer, l *lab.Lab) Flow {
	t.Helper()
	for _, f := range snapshot(t, tr).Flows {
		if f.Key.Proto == protoUDP && f.Device.DeviceID == deviceIDOf(l.Ends[1]) {
			return f
		}
	}
	t.Fatal("no UDP flow was seen")
	return Flow{}
}

func softnetOf(t testing.TB, cpu int) Softnet {
	t.Helper()
	all, err := readSoftnet()
	if err != nil {
		t.Fatal(err)
	}
	return all[cpu]
}
