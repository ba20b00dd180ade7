// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// traceRun is a trace that runs, with its header read.
type traceRun struct {
	cmd    *exec.Cmd
	header string
	out    *bufio.Reader
	errs   bytes.Buffer
}

// startTrace returns when the trace has written its header, which is after it
// has attached everything.
func startTrace(t *testing.T, args ...string) *traceRun {
	t.Helper()
	r := &traceRun{cmd: vethtrace(t, append([]string{"trace"}, args...)...)}
	r.cmd.Stderr = &r.errs
	// Not StdoutPipe, which Wait closes.
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	r.cmd.Stdout = out
	err = r.cmd.Start()
	out.Close()
	if err != nil {
		t.Fatal(err)
	}
	r.out = bufio.NewReader(in)
	if r.header, err = r.out.ReadString('\n'); err != nil {
		t.Fatalf("reading the header: %v: %s", err, r.errs.String())
	}
	return r
}

// end sends a signal, and returns what was written after the header.
func (r *traceRun) end(t *testing.T, s os.Signal) string {
	t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
	return r.rest(t)
}

// rest waits for the end.
func (r *traceRun) rest(t *testing.T) string {
	t.Helper()
	text := make(chan string)
	go func() {
		b, _ := io.ReadAll(r.out)
		text <- string(b)
	}()
	if status := wait(t, r.cmd); status != 0 || r.errs.Len() != 0 {
		t.Errorf("got exit status %d, %q", status, r.errs.String())
	}
	return <-text
}

// Every ping is two hops, which the trace, tcpdump and the devices agree on.
func TestTraceOfPings(t *testing.T) {
	l := quietLab(t)
	a, b := l.Ends[0], l.Ends[1]
	const n = 50
	captured := capture(t, a)
	r := startTrace(t, "--json", "--netns", a.Netns)
	before := rxPackets(t, l)
	sendPings(t, l, n)
	after := rxPackets(t, l)
	all := parseLines(t, r.header+r.end(t, syscall.SIGINT))
	hops, footer := wantTrace(t, all), all[len(all)-1]
	wantNoLosses(t, footer)
	if footer.HopsSeen != uint64(len(hops)) || footer.HopsSampledOut != 0 {
		t.Errorf("%d hops were seen, %d sampled out, want %d and 0", footer.HopsSeen, footer.HopsSampledOut, len(hops))
	}
	if got := after[0] + after[1] - before[0] - before[1]; got != uint64(len(hops)) {
		t.Errorf("the devices received %d packets, the trace has %d hops", got, len(hops))
	}
	got := make(map[string]int)
	for _, h := range hops {
		if h.Flow != nil && h.Flow.Proto == "icmp" {
			got[h.Flow.Src+" to "+h.Flow.Dst+" over "+h.TX.NetnsName+" "+h.RX.NetnsName]++
			wantHop(t, h)
		}
	}
	there := a.IPv4.Addr().String() + " to " + b.IPv4.Addr().String() + " over " + a.Netns + " " + b.Netns
	back := b.IPv4.Addr().String() + " to " + a.IPv4.Addr().String() + " over " + b.Netns + " " + a.Netns
	if len(got) != 2 || got[there] != n || got[back] != n {
		t.Errorf("got %v, want %d of %q and of %q", got, n, there, back)
	}
	if captured != nil {
		if saw := captured(2 * n); saw != 2*n {
			t.Errorf("tcpdump saw %d packets, want %d", saw, 2*n)
		}
	}
}

// wantHop checks what every ping has, and that a 0 is written.
func wantHop(t *testing.T, h record) {
	t.Helper()
	if h.Flow.Sport == nil || *h.Flow.Sport != 0 || h.Flow.Dport == nil || *h.Flow.Dport != 0 {
		t.Errorf("got ports %v, want two zeros", h.Flow)
	}
	if h.RunCPU == nil || h.EnqueueCPU == nil {
		t.Errorf("a CPU is missing: %+v", h)
	}
	for _, stage := range []string{"xmit", "queue", "softirq", "total"} {
		if _, ok := h.StagesNS[stage]; !ok {
			t.Errorf("stage %s is missing: %v", stage, h.StagesNS)
		}
	}
	if sum := h.StagesNS["xmit"] + h.StagesNS["queue"] + h.StagesNS["softirq"]; sum != h.StagesNS["total"] {
		t.Errorf("stages add up to %d, total is %d", sum, h.StagesNS["total"])
	}
	if h.LenBytes != 98 { // Ethernet 14, IPv4 20, ICMP 8, payload 56
		t.Errorf("got %d bytes, want 98", h.LenBytes)
	}
}

// rxPackets are the counters of the kernel.
func rxPackets(t *testing.T, l *lab.Lab) [2]uint64 {
	t.Helper()
	now, err := lab.Show(l.Name)
	if err != nil {
		t.Fatal(err)
	}
	return [2]uint64{now.Ends[0].RXPackets, now.Ends[1].RXPackets}
}

// capture starts tcpdump, and returns what waits for so many ICMP packets and
// says how many there were; nil without tcpdump.
func capture(t *testing.T, end lab.End) func(want int) int {
	t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Logf("not compared with tcpdump: %v", err)
		return nil
	}
	// With -s a packet does not take the room of a jumbo frame in the ring.
	cmd := exec.Command("ip", "netns", "exec", end.Netns,
		"tcpdump", "-i", end.Ifname, "-n", "-l", "-s", "128", "-B", "4096", "--immediate-mode", "icmp")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	t.Cleanup(func() { late.Stop(); cmd.Process.Kill(); cmd.Wait() })
	for said := bufio.NewScanner(errs); said.Scan(); {
		if strings.HasPrefix(said.Text(), "listening on") {
			break
		}
	}
	return func(want int) int {
		n := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "" {
				continue // behind a SIGINT
			}
			if n++; n == want { // the rest is what should not be there
				cmd.Process.Signal(syscall.SIGINT)
			}
		}
		return n
	}
}

func TestTraceCount(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	keepPinging(t, l)
	r := startTrace(t, "--json", "--netns", l.Ends[0].Netns, "-n", "10")
	all := parseLines(t, r.header+r.rest(t))
	if hops := wantTrace(t, all); len(hops) != 10 {
		t.Errorf("got %d hops, want 10", len(hops))
	}
}

// One in so many of each CPU; what is left out is accounted for.
func TestTraceSample(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	r := startTrace(t, "--json", "--netns", l.Ends[0].Netns, "--sample", "10")
	sendPings(t, l, 100)
	all := parseLines(t, r.header+r.end(t, syscall.SIGTERM))
	hops, footer := wantTrace(t, all), all[len(all)-1]
	if footer.HopsSeen < 200 || footer.HopsSeen != footer.HopsEmitted+footer.HopsSampledOut+footer.HopsUnread {
		t.Errorf("%d hops seen, %d emitted, %d sampled out", footer.HopsSeen, footer.HopsEmitted, footer.HopsSampledOut)
	}
	if most := int(footer.HopsSeen)/10 + runtime.NumCPU(); len(hops) == 0 || len(hops) > most {
		t.Errorf("%d of %d hops were emitted, want about one in ten", len(hops), footer.HopsSeen)
	}
}

func TestTraceText(t *testing.T) {
	l := quietLab(t)
	r := startTrace(t, "--netns", l.Ends[0].Netns, "--proto", "icmp")
	sendPings(t, l, 5)
	text := r.header + r.end(t, syscall.SIGINT)
	flow := l.Ends[0].IPv4.Addr().String() + " > " + l.Ends[1].IPv4.Addr().String()
	if got := strings.Count(text, flow); got != 5 {
		t.Errorf("got %d lines with %q, want 5:\n%s", got, flow, text)
	}
}

// `| head -1` is not an error.
func TestTraceIntoClosedPipe(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	for _, format := range []string{"--json=true", "--json=false"} {
		t.Run(format, func(t *testing.T) {
			in, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd := vethtrace(t, "trace", format, "--netns", l.Ends[0].Netns)
			var errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = out, &errs
			err = cmd.Start()
			out.Close()
			if err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(in).ReadString('\n'); err != nil {
				t.Errorf("got %q, %v", line, err)
			}
			in.Close()
			keepPinging(t, l)
			if status := wait(t, cmd); status != 0 || errs.Len() != 0 {
				t.Errorf("got exit status %d, %q, want 0 and silence", status, errs.String())
			}
		})
	}
}

// Output that cannot be written is told once.
func TestIntoFullDevice(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	keepPinging(t, l)
	a := l.Ends[0].Netns
	for _, args := range []string{
		"trace -n 5 --netns " + a, "trace --json -n 5 --netns " + a, "trace --json --netns " + a,
		"stat -d 1ms", "stat --json -d 1ms",
		"lab traffic -d 1ms --name " + l.Name, "check", "check --json", "lab show --name " + l.Name, "lab show --json --name " + l.Name,
	} {
		t.Run(args, func(t *testing.T) {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skip(err)
			}
			defer full.Close()
			cmd := vethtrace(t, strings.Fields(args)...)
			cmd.Stdout = full
			wantSentence(t, finish(t, cmd), exitFailure, "no space left on device")
		})
	}
}

func TestTraceEventsUsage(t *testing.T) {
	onAnyKernel(t)
	for args, names := range map[string]string{
		"trace --events ping":                        `"ping"`,
		"trace --events hop,":                        `""`,
		"trace --events=":                            "--events is empty",
		"trace --events drop --sample 10":            "--sample",
		"trace --events reorder --slower-than 1ms":   "--slower-than",
		"trace --events retransmit,hop,drops --json": `"drops"`,
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitUsage, names)
		})
	}
}

// counted is an eventWriter that writes nothing.
type counted struct{}

func (counted) Write(*tracer.Hop) error                  { return nil }
func (counted) WriteDrop(*tracer.Drop) error             { return nil }
func (counted) WriteReorder(*tracer.Reorder) error       { return nil }
func (counted) WriteRetransmit(*tracer.Retransmit) error { return nil }
func (counted) WriteMark(*report.Mark) error             { return nil }

// A count is of hops, and of any event where there are no hops.
func TestTraceHandlers(t *testing.T) {
	for _, c := range []struct {
		events string
		count  uint64
		// ends is behind which of a hop, a drop, a reorder, a retransmit and
		// again a hop the trace ends, 0 if never.
		ends int
		want report.Emission
	}{
		{"hop,drop,reorder,retransmit", 0, 0, report.Emission{Emitted: 2, Drops: 1, Reorders: 1, Retransmits: 1}},
		{"hop,drop,reorder,retransmit", 2, 5, report.Emission{Emitted: 2, Drops: 1, Reorders: 1, Retransmits: 1}},
		{"hop", 1, 1, report.Emission{Emitted: 1}},
		{"reorder,retransmit", 0, 0, report.Emission{Reorders: 1, Retransmits: 1}},
		{"reorder,retransmit", 2, 4, report.Emission{Reorders: 1, Retransmits: 1}},
		{"drop,retransmit", 1, 2, report.Emission{Drops: 1}},
	} {
		events, err := report.ParseEvents(c.events)
		if err != nil {
			t.Fatal(err)
		}
		var got report.Emission
		out := newFlushed(io.Discard)
		h := traceHandlers(counted{}, out, &got, traceCmdFlags{events: events, count: c.count})
		ends := 0
		for i, event := range []func() error{
			call(h.Hop), call(h.Drop), call(h.Reorder), call(h.Retransmit), call(h.Hop),
		} {
			if err := event(); errors.Is(err, errEnough) {
				ends = i + 1
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if ends != c.ends || got != c.want {
			t.Errorf("%s, -n %d: ended behind event %d with %+v, want %d with %+v", c.events, c.count, ends, got, c.ends, c.want)
		}
		if err := out.close(); err != nil {
			t.Error(err)
		}
	}
}

// call calls a handler, if there is one.
func call[E any](handle func(*E) error) func() error {
	return func() error {
		if handle == nil {
			return nil
		}
		return handle(new(E))
	}
}

// What is not among the events is not written, but counted.
func TestTraceOnlyDrops(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	const n = 3
	r := startTrace(t, "--json", "--netns", l.Ends[0].Netns, "--events", "drop", "-n", "3")
	sendTooLarge(t, l, n)
	all := parseLines(t, r.header+r.rest(t))
	hops, footer := wantTrace(t, all), all[len(all)-1]
	if len(hops) != 0 || len(ofType(all, "drop")) != n {
		t.Errorf("got %d hops and %d drops, want 0 and %d", len(hops), len(ofType(all, "drop")), n)
	}
	if footer.HopsSeen == 0 || footer.HopsSampledOut != footer.HopsSeen {
		t.Errorf("%d hops were seen, %d sampled out, want all of some", footer.HopsSeen, footer.HopsSampledOut)
	}
}
