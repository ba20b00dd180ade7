// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/vethtrace/vethtrace/lab"
)

// setSysctl sets one of the machine's, which is an emulated one, and puts it
// back.
func setSysctl(t testing.TB, name, value string) {
	t.Helper()
	path := "/proc/sys/" + name
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(path, []byte(strings.TrimSpace(string(old))), 0); err != nil {
			t.Error(err)
		}
	})
}

// refusals counts how often enqueue_to_backlog returned NET_RX_DROP, by a
// program of its own; nil where there is no fexit.
func refusals(t testing.TB) (count func() uint64) {
	t.Helper()
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	const returned = 3 * 8 // behind its three arguments
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFExit, AttachTo: "enqueue_to_backlog", License: "GPL",
		Instructions: asm.Instructions{
			asm.LoadMem(asm.R6, asm.R1, returned, asm.Word),
			asm.JNE.Imm(asm.R6, 1, "out"),
			asm.StoreImm(asm.RFP, -4, 0, asm.Word),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -4),
			asm.LoadMapPtr(asm.R1, m.FD()), asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "out"),
			asm.Mov.Imm(asm.R1, 1), asm.AddAtomic.Mem(asm.R0, asm.R1, asm.DWord, 0),
			asm.Mov.Imm(asm.R0, 0).WithSymbol("out"), asm.Return(),
		},
	})
	if err != nil {
		t.Logf("what enqueue_to_backlog returns is not compared: %v", err)
		return nil
	}
	t.Cleanup(func() { p.Close() })
	l, err := link.AttachTracing(link.TracingOptions{Program: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return func() (n uint64) {
		if err := m.Lookup(uint32(0), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// flood is what a test of a small backlog counts while CPU 0 sends more than
// CPU 1 takes.
type flood struct {
	rx      Device
	flow    Flow
	cpu     CPU
	softnet [2]Softnet
	kernel  linkCounters
	refused *uint64
	drops   []Drop
	run     Run
}

// floodBacklog sends to CPU 1's backlog, with these settings of the machine.
func floodBacklog(t *testing.T, sysctls map[string]string) (f flood) {
	t.Helper()
	needRoot(t)
	if !inVM {
		t.Skip("needs net.core sysctls, which are the whole machine's: set in emulated machines only")
	}
	l := newLab(t)
	crossCPUs(t, l)
	for _, e := range l.Ends {
		// Nobody else is to send: IPv6 looks for routers.
		command(t, e.Netns, "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/"+e.Ifname+"/disable_ipv6")
	}
	send(t, l, lab.Ping{Count: 1, CPU: 0})
	for name, value := range sysctls {
		setSysctl(t, name, value)
	}
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{BufferBytes: 16 << 20}})
	f.run = tr.Run()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- tr.Events(ctx, Handlers{Drop: func(d *Drop) error {
			f.drops = append(f.drops, *d)
			return nil
		}})
	}()
	count := refusals(t)
	before := linkCountersOf(t, l)
	softnet := [2]Softnet{softnetOf(t, 0), softnetOf(t, 1)}
	m := newMeter(t, tr, l)
	send(t, l, lab.UDP{Count: 5000, CPU: 0})
	if both := m.settle(); both[1].missed > 0 {
		t.Errorf("%d missed", both[1].missed)
	}
	f.kernel = linkCountersOf(t, l)[1].since(before[1])
	for cpu := range softnet {
		f.softnet[cpu] = softnetOf(t, cpu).since(softnet[cpu])
	}
	if count != nil {
		n := count()
		f.refused = &n
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s := snapshot(t, tr)
	if s.Losses.Ringbuf > 0 {
		t.Errorf("%d events lost", s.Losses.Ringbuf)
	}
	f.rx, f.flow = deviceIn(s, deviceIDOf(l.Ends[1])), udpHops(t, tr, l)
	for _, c := range s.CPUs {
		if c.CPU == 1 {
			f.cpu = c
		}
	}
	t.Logf("drops %v, of the flow %v, of CPU 1 %v; softnet %+v; rx_dropped %d; queue p50 %d, p99 %d, max %d",
		f.rx.Drops, f.flow.Drops, f.cpu.Drops, f.softnet, f.kernel.rxDropped,
		f.cpu.QueueLen.Quantile(0.5), f.cpu.QueueLen.Quantile(0.99), f.cpu.QueueLen.MaxNS)
	return f
}

// wantAgree holds the trace's drops against the kernel's own counters.
func (f *flood) wantAgree(t *testing.T) {
	t.Helper()
	total := f.rx.Drops.Total()
	if total < 100 {
		t.Fatalf("%d drops: the test says nothing", total)
	}
	for _, c := range []struct {
		what string
		got  uint64
	}{
		{"softnet_stat dropped of both CPUs", f.softnet[0].Dropped + f.softnet[1].Dropped},
		{"rx_dropped of the device", f.kernel.rxDropped},
		{"drops of the flow", f.flow.Drops.Total()},
		{"drops of CPU 1", f.cpu.Drops.Total()},
		{"softnet_stat dropped of CPU 1", f.softnet[1].Dropped},
		{"drop events", uint64(len(f.drops))},
	} {
		if c.got != total {
			t.Errorf("%s: %d, want the %d drops of the device", c.what, c.got, total)
		}
	}
	if f.refused != nil && *f.refused != total {
		t.Errorf("enqueue_to_backlog refused %d, want %d", *f.refused, total)
	}
	if f.rx.Drops != f.flow.Drops || f.rx.Drops != f.cpu.Drops {
		t.Errorf("causes: %v by device, %v by flow, %v by CPU", f.rx.Drops, f.flow.Drops, f.cpu.Drops)
	}
	for _, d := range f.drops {
		if d.TargetCPU != 1 || d.EnqueueCPU != 0 || !d.HasFlow || d.Flow != f.flow.Key || d.Rx.DeviceID != f.rx.Name.DeviceID {
			t.Fatalf("%+v", d)
		}
		if kernelAtLeast(5, 17) && d.Reason != "CPU_BACKLOG" {
			t.Fatalf("reason %q, want CPU_BACKLOG", d.Reason)
		}
	}
}

func TestBacklogFull(t *testing.T) {
	const limit = 1
	f := floodBacklog(t, map[string]string{"net/core/netdev_max_backlog": fmt.Sprint(limit)})
	f.wantAgree(t)
	if f.rx.Drops[DropBacklogFull] != f.rx.Drops.Total() {
		t.Errorf("causes %v, want backlog_full only", f.rx.Drops)
	}
	if f.cpu.QueueLen.MaxNS != limit+1 {
		t.Errorf("longest queue %d, want %d", f.cpu.QueueLen.MaxNS, limit+1)
	}
	// Only one sends, so the queue can only have become shorter since it was read.
	// Where CPU 1's queue lies is not known before something has run there.
	unknown := 0
	for _, d := range f.drops {
		switch {
		case d.QueueLen < 0:
			unknown++
		case d.QueueLen <= limit:
			t.Fatalf("dropped at a queue of %d packets, which is within the limit of %d", d.QueueLen, limit)
		}
	}
	if unknown > len(f.drops)/2 {
		t.Errorf("the queue was not known for %d of %d drops", unknown, len(f.drops))
	}
}

func TestFlowLimit(t *testing.T) {
	const limit = 100
	f := floodBacklog(t, map[string]string{
		"net/core/netdev_max_backlog":    fmt.Sprint(limit),
		"net/core/flow_limit_cpu_bitmap": "3",
	})
	f.wantAgree(t)
	// The kernel counts what flow_limit refuses on the CPU of the sender.
	if got, want := f.rx.Drops[DropFlowLimit], f.softnet[0].FlowLimit; got != want || got == 0 || f.softnet[1].FlowLimit != 0 {
		t.Errorf("%d drops by flow_limit, want those in softnet_stat of CPU 0, %d, and none of CPU 1, %d", got, want, f.softnet[1].FlowLimit)
	}
	if sum := f.rx.Drops[DropFlowLimit] + f.rx.Drops[DropBacklogFull]; sum != f.rx.Drops.Total() {
		t.Errorf("causes %v, want flow_limit and backlog_full only", f.rx.Drops)
	}
}
