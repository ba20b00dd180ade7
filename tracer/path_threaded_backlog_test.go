// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// With backlog threads, a packet that RPS sends to another CPU is delivered
// there by a thread.
func TestThreadedBacklog(t *testing.T) {
	cmdline, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	if !kernelAtLeast(6, 10) || !slices.Contains(strings.Fields(string(cmdline)), "thread_backlog_napi") {
		t.Skip("needs Linux 6.10 (dad6b9770263) booted with thread_backlog_napi")
	}
	l := newLab(t)
	crossCPUs(t, l)
	tr := labTrace(t, l)
	send(t, l, lab.Ping{Count: 10, CPU: 0})
	waitThreadHook(t, tr, "backlog_poll")
	m := newMeter(t, tr, l)
	const count = 2000
	send(t, l, lab.UDP{Count: count, CPU: 0})
	got := m.settle()
	m.wantExact(got[:], 0)
	udp := udpHops(t, tr, l)
	if udp.CrossCPU != udp.Hops || udp.Hops < count/2 {
		t.Errorf("%d of %d hops crossed CPUs, want all of %d", udp.CrossCPU, udp.Hops, count)
	}
	// A softirq that runs there meanwhile takes what waits for the thread.
	t.Logf("runners %v", udp.Runners)
	if n := udp.Runners[RunnerThreaded]; float64(n) < 0.9*float64(udp.Hops) {
		t.Errorf("runners %v, want threaded", udp.Runners)
	}
	if d := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1])); d.Stages[StageXmit].Count() != d.Hops {
		t.Errorf("the xmit stage is known of %d hops, want %d", d.Stages[StageXmit].Count(), d.Hops)
	}
}
