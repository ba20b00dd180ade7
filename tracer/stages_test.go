// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/vishvananda/netlink"

	"github.com/vethtrace/vethtrace/lab"
)

func TestStagesAddUp(t *testing.T) {
	l := newLab(t)
	crossCPUs(t, l)
	began := monotonicNS()
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{BufferBytes: 64 << 20}})
	m := newMeter(t, tr, l)
	r := readHops(t, tr)
	send(t, l, lab.RequestResponse{Count: fewer(5_000), CPU: 0})
	send(t, l, lab.UDP{Count: fewer(20_000), CPU: 0})
	m.settle()
	silence(t, l)
	hops := r.all()
	ended := monotonicNS()
	s := snapshot(t, tr)
	if s.Losses.Ringbuf != 0 || uint64(len(hops)) != s.Hops() {
		t.Errorf("%d events and %d lost, want %d", len(hops), s.Losses.Ringbuf, s.Hops())
	}
	t.Logf("%d hops, clock backwards %d times", len(hops), s.Losses.ClockBackwards)
	bad := 0
	for i := range hops {
		h := &hops[i]
		if why := wrongStages(h, began, ended); why != "" {
			if bad++; bad <= 5 {
				t.Errorf("%s: %+v", why, *h)
			}
		}
	}
}

func wrongStages(h *Hop, began, ended uint64) string {
	ns := h.StagesNS
	for stage, known := range h.StageKnown {
		if !known {
			return "stage " + Stage(stage).String() + " is not known"
		}
		if time.Duration(ns[stage]) > time.Duration(ended-began) {
			return "stage " + Stage(stage).String() + " took longer than the test"
		}
	}
	switch {
	case ns[StageTotal] != ns[StageXmit]+ns[StageQueue]+ns[StageSoftirq]:
		return "the total is not the sum"
	case h.TSNS < began || h.TSNS+ns[StageTotal] > ended:
		return "it was not during the test"
	case ns[StageXmit] == 0:
		return "xmit took no time"
	}
	return ""
}

// The kernel counts each packet that a CPU processes.
func TestRunCPUAgreesWithSoftnet(t *testing.T) {
	l := newLab(t)
	tr := vethTrace(t)
	newMeter(t, tr, l)
	own := ownReceived(t)
	softnet := make([]Softnet, ebpf.MustPossibleCPU())
	for cpu := range softnet {
		softnet[cpu] = softnetOf(t, cpu)
	}
	before := snapshot(t, tr)
	for cpu := range softnet {
		send(t, l, lab.UDP{Count: fewer(30_000), CPU: cpu})
	}
	after := snapshot(t, tr)
	for cpu, then := range softnet {
		processed := softnetOf(t, cpu).since(then).Processed
		hops := cpuIn(after, cpu).Hops - cpuIn(before, cpu).Hops
		// All veths are traced, what else there is are devices of this
		// namespace.
		others := ownReceived(t) - own
		t.Logf("CPU %d: %d hops, %d processed, other devices at most %d", cpu, hops, processed, others)
		if sent := fewer(30_000); hops < sent {
			t.Errorf("CPU %d: %d hops, want the %d it sent at least", cpu, hops, sent)
		}
		if processed < hops || float64(processed) > 1.01*float64(hops+others) {
			t.Errorf("CPU %d: %d hops and at most %d packets of other devices, want the %d the kernel processed",
				cpu, hops, others, processed)
		}
	}
}

func cpuIn(s *Snapshot, cpu int) CPU {
	for _, c := range s.CPUs {
		if c.CPU == cpu {
			return c
		}
	}
	return CPU{}
}

// ownReceived is the packets received by the devices of this namespace that
// are not veths.
func ownReceived(t testing.TB) (n uint64) {
	t.Helper()
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Type() != "veth" {
			n += l.Attrs().Statistics.RxPackets
		}
	}
	return n
}
