// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/gen"
	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// benchRounds is how often the variants are measured, in turn.
const benchRounds = 5

// benchTraffic is what passes over the pair during one measurement, sent from
// one CPU: requests of one byte, each answered (a softirq a hop), and a bulk
// stream (many hops a softirq).
var benchTraffic = []struct {
	name    string
	traffic lab.Traffic
}{
	{"request/response", lab.RequestResponse{CPU: 0, Count: 15000}},
	{"stream", lab.Stream{CPU: 0, Bytes: 1 << 30}},
}

// variant is one way of measuring the hop.
type variant struct {
	name string
	// start begins to measure; stop ends it and returns the median hop in ns,
	// 0 if it has none.
	start func(b *testing.B) (stop func() uint64)
}

// cost is what one measurement found.
type cost struct {
	nsPerHop, medianNS float64
}

// BenchmarkHopCost prints what a hop costs by the kernel's BPF statistics,
// which themselves add to each run of a program, so that only ratios mean
// something. `make bench` runs it.
func BenchmarkHopCost(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root")
	}
	l := benchLab(b)
	variants := []variant{
		{"empty", startEmpty}, {"slot", startSlot}, {"vethtrace", startVethtrace}, {"bpftrace", startBPFtrace},
	}
	if _, err := exec.LookPath("bpftrace"); err != nil {
		b.Log("bpftrace is not installed: not compared")
		variants = variants[:3]
	}
	found := make([]map[string][]cost, len(benchTraffic))
	for b.Loop() {
		for i, t := range benchTraffic {
			found[i] = make(map[string][]cost)
			for range benchRounds {
				for _, v := range variants {
					c := cost{nsPerHop: bpfCost(b, l, v, t.traffic), medianNS: medianHop(b, l, v, t.traffic)}
					found[i][v.name] = append(found[i][v.name], c)
				}
			}
		}
	}
	fmt.Printf("\nkernel %s, %d CPUs, medians of %d rounds\n", KernelRelease(), ebpf.MustPossibleCPU(), benchRounds)
	for i, t := range benchTraffic {
		report(b, t.name, variants, found[i])
	}
}

func benchLab(b *testing.B) *lab.Lab {
	b.Helper()
	l, err := lab.Up(lab.Options{Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := lab.Down("bench"); err != nil {
			b.Error(err)
		}
	})
	return l
}

// bpfCost returns the run time of all programs of a variant, in ns a hop, with
// BPF statistics on.
func bpfCost(b *testing.B, l *lab.Lab, v variant, traffic lab.Traffic) float64 {
	b.Helper()
	stats, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		b.Fatal(err)
	}
	defer stats.Close()
	before := programIDs()
	stop := v.start(b)
	hops := rxPackets(b, l)
	if _, err := traffic.Run(context.Background(), l); err != nil {
		b.Fatal(err)
	}
	hops = rxPackets(b, l) - hops
	var total time.Duration
	for id := range programIDs() {
		if !before[id] {
			total += runTime(id)
		}
	}
	stop()
	return float64(total) / float64(hops)
}

// medianHop returns the hop a variant reports, as a user sees it: without BPF
// statistics, which would themselves lie in the interval.
func medianHop(b *testing.B, l *lab.Lab, v variant, traffic lab.Traffic) float64 {
	b.Helper()
	stop := v.start(b)
	if _, err := traffic.Run(context.Background(), l); err != nil {
		b.Fatal(err)
	}
	return float64(stop())
}

func rxPackets(b *testing.B, l *lab.Lab) uint64 {
	b.Helper()
	now, err := lab.Show(l.Name)
	if err != nil {
		b.Fatal(err)
	}
	return now.Ends[0].RXPackets + now.Ends[1].RXPackets
}

func programIDs() map[ebpf.ProgramID]bool {
	ids := make(map[ebpf.ProgramID]bool)
	for id := ebpf.ProgramID(0); ; {
		next, err := ebpf.ProgramGetNextID(id)
		if err != nil {
			return ids
		}
		ids[next], id = true, next
	}
}

func runTime(id ebpf.ProgramID) time.Duration {
	p, err := ebpf.NewProgramFromID(id)
	if err != nil {
		return 0
	}
	defer p.Close()
	st, err := p.Stats()
	if err != nil {
		return 0
	}
	return st.Runtime
}

func report(b *testing.B, traffic string, variants []variant, found map[string][]cost) {
	b.Helper()
	median := func(name string, of func(cost) float64) float64 {
		var all []float64
		for _, c := range found[name] {
			all = append(all, of(c))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	ns := func(c cost) float64 { return c.nsPerHop }
	hop := func(c cost) float64 { return c.medianNS }
	out := fmt.Sprintf("%-18s %10s %10s %14s\n", traffic, "BPF ns/hop", "/ empty", "median hop ns")
	for _, v := range variants {
		out += fmt.Sprintf("  %-16s %10.0f %10.2f %14.0f\n", v.name, median(v.name, ns),
			median(v.name, ns)/median("empty", ns), median(v.name, hop))
	}
	budget := func(what string, ratio, limit float64) {
		verdict := "holds"
		if ratio > limit {
			verdict = "missed"
		}
		out += fmt.Sprintf("  %-44s %5.2f, goal <= %.1f: %s\n", what, ratio, limit, verdict)
	}
	budget("vethtrace / empty programs, ns per hop", median("vethtrace", ns)/median("empty", ns), 3)
	if len(variants) > 3 {
		budget("vethtrace / bpftrace, ns per hop", median("vethtrace", ns)/median("bpftrace", ns), 0.5)
	}
	budget("median hop under vethtrace / under slot only", median("vethtrace", hop)/median("slot", hop), 1.3)
	fmt.Print("\n" + out)
}

func startEmpty(b *testing.B) func() uint64 {
	_, stop := startBench(b, "empty_xmit", "empty_receive")
	return func() uint64 { stop(); return 0 }
}

func startSlot(b *testing.B) func() uint64 {
	coll, stop := startBench(b, "slot_xmit", "slot_receive")
	return func() uint64 {
		defer stop()
		counts, err := mapArray[gen.BenchBenchCounts](coll.Maps["counts"])
		if err != nil {
			b.Fatal(err)
		}
		defer counts.Close()
		var h histogram.Histogram
		for _, cpu := range counts.items {
			for i, n := range cpu.Buckets {
				h.Counts[i] += n
			}
		}
		h.MaxNS = 1 << 32
		return h.Quantile(0.5)
	}
}

// startBench attaches two of the programs in bpf/bench.bpf.c.
func startBench(b *testing.B, xmit, receive string) (*ebpf.Collection, func()) {
	b.Helper()
	spec, err := gen.LoadBench()
	if err != nil {
		b.Fatal(err)
	}
	spec.Maps["counts"].MaxEntries = uint32(ebpf.MustPossibleCPU())
	for name := range spec.Programs {
		if name != xmit && name != receive {
			delete(spec.Programs, name)
		}
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		b.Fatal(err)
	}
	attach := func(name, program string) link.Link {
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: name, Program: coll.Programs[program]})
		if err != nil {
			b.Fatal(err)
		}
		return l
	}
	l1, l2 := attach("netif_receive_skb", receive), attach("net_dev_start_xmit", xmit)
	return coll, func() { l2.Close(); l1.Close(); coll.Close() }
}

func startVethtrace(b *testing.B) func() uint64 {
	t, err := Start(Options{})
	if err != nil {
		b.Fatal(err)
	}
	return func() uint64 {
		defer t.Close()
		s, err := t.Snapshot()
		if err != nil {
			b.Fatal(err)
		}
		var h histogram.Histogram
		for i := range s.Devices {
			h.Add(&s.Devices[i].Stages[StageTotal])
		}
		return h.Quantile(0.5)
	}
}

// bpftraceScript is the usual way to time something between two tracepoints.
const bpftraceScript = `
tracepoint:net:net_dev_start_xmit { @s[args->skbaddr] = nsecs; }
tracepoint:net:netif_receive_skb /@s[args->skbaddr]/ {
	@h = hist(nsecs - @s[args->skbaddr]); delete(@s[args->skbaddr]);
}
BEGIN { printf("ready\n"); }
END { clear(@s); }`

func startBPFtrace(b *testing.B) func() uint64 {
	out, err := os.CreateTemp(b.TempDir(), "bpftrace")
	if err != nil {
		b.Fatal(err)
	}
	// It wants tracefs, which is mounted for it alone.
	cmd := exec.Command("unshare", "--mount", "sh", "-c",
		`mount -t tracefs tracefs /sys/kernel/tracing && exec bpftrace -e "$0"`, bpftraceScript)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill() })
	text := func() string {
		all, err := os.ReadFile(out.Name())
		if err != nil {
			b.Fatal(err)
		}
		return string(all)
	}
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(text(), "ready"); {
		if time.Now().After(deadline) {
			b.Fatalf("bpftrace does not start: %s", text())
		}
		time.Sleep(10 * time.Millisecond)
	}
	return func() uint64 {
		cmd.Process.Signal(unix.SIGINT)
		cmd.Wait()
		return histMedian(text())
	}
}

var histRow = regexp.MustCompile(`\[(\d+)(K?), \d+K?\)\s+(\d+) `)

// histMedian returns the middle of the bucket that holds the median of a
// histogram as bpftrace prints it.
func histMedian(text string) uint64 {
	var low, counts []uint64
	var total uint64
	for _, m := range histRow.FindAllStringSubmatch(text, -1) {
		l, _ := strconv.ParseUint(m[1], 10, 64)
		if m[2] == "K" {
			l *= 1024
		}
		n, _ := strconv.ParseUint(m[3], 10, 64)
		low, counts, total = append(low, l), append(counts, n), total+n
	}
	var seen uint64
	for i, n := range counts {
		if seen += n; seen*2 >= total {
			return low[i] * 3 / 2
		}
	}
	return 0
}
