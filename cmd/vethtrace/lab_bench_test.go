// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
)

func TestLabBenchUsage(t *testing.T) {
	onAnyKernel(t)
	for args, want := range map[string]string{
		"--rounds 0":                        "--rounds 0 is not between",
		"-d 0s":                             "is not positive",
		"--variants host,nonesuch":          "there is no variant \"nonesuch\"",
		"--variants host,host":              "given twice",
		"--variants veth":                   "--baseline host is not among",
		"--variants veth --baseline bridge": "--baseline bridge is not among",
		"--cpu -2":                          "is no CPU",
		"--dev eth1":                        "--dev is of a wire, which needs --remote",
		"--remote x --variants veth":        "does not lead to a remote machine",
		"extra":                             "argument",
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, append([]string{"lab", "bench"}, strings.Fields(args)...)...), exitUsage, want)
		})
	}
}

func TestSpread(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   spread
	}{
		{nil, spread{}},
		{[]float64{3}, spread{3, 3, 3}},
		{[]float64{9, 1, 4}, spread{4, 1, 9}},
		{[]float64{4, 1, 3, 2}, spread{2.5, 1, 4}},
	} {
		if got := spreadOf(tt.values); got != tt.want {
			t.Errorf("spread of %v: got %v, want %v", tt.values, got, tt.want)
		}
	}
	if a, b := (spread{2, 1, 3}), (spread{4, 3, 5}); !a.overlaps(b) || !b.overlaps(a) || a.overlaps(spread{4, 3.1, 5}) {
		t.Error("overlaps is wrong")
	}
}

// benchRowOf is a variant with rounds of so many transactions in a second, each
// of which took as long as it could, and hops for 1000 packets.
func benchRowOf(name string, hops uint64, transactions ...uint64) benchRow {
	v, err := lab.FindVariant(name)
	if err != nil {
		panic(err)
	}
	row := benchRow{variant: v, lab: &lab.Lab{Name: "bench-7-" + name}}
	for _, n := range transactions {
		took := time.Second / time.Duration(n)
		row.rr = append(row.rr, lab.Result{
			Transactions: n, Duration: time.Second, Latency: lab.Latency{Count: n, P50: took, P99: 2 * took},
		})
		row.streams = append(row.streams, lab.Result{Bytes: n * 125_000, Duration: time.Second, Retransmits: 1})
	}
	row.hops.packets, row.hops.transactions = 1000, 500
	row.hops.hops[tracer.KindVeth] = hops
	for range hops {
		for _, stage := range []tracer.Stage{tracer.StageTotal, tracer.StageXmit, tracer.StageQueue, tracer.StageSoftirq} {
			row.hops.stages[stage].Record(10_000)
		}
	}
	return row
}

// The article's numbers, and what is said about them.
func TestBenchText(t *testing.T) {
	b := &bench{name: "bench-7", baseline: lab.VariantHost}
	rows := []benchRow{
		benchRowOf(lab.VariantHost, 0, 2440, 2446, 2450),
		benchRowOf("bridge", 1000, 2141, 2130, 2150),
		benchRowOf("macvlan", 0, 2445, 2439, 2460),
		{variant: lab.Variant{Name: "ipvlan-l2", Text: "ipvlan"}, absent: "this kernel has no such devices"},
	}
	rows[1].hops.missed = 20
	var got strings.Builder
	if err := writeBench(&got, b, rows); err != nil {
		t.Fatal(err)
	}
	const want = `
TCP_RR     trans/s    min..max  vs host    p50  vs host    p99
host          2446  2440..2450        -  409us        -  818us
bridge        2141  2130..2150   -12.5%  467us   +14.2%  934us
macvlan       2445  2439..2460    ~0.0%  409us     0.0%  818us
ipvlan-l2        -           -        -      -        -      -

stream     Gbit/s    min..max  vs host  retransmits
host         2.45  2.44..2.45        -            3
bridge       2.14  2.13..2.15   -12.5%            3
macvlan      2.44  2.44..2.46    ~0.0%            3
ipvlan-l2       -           -        -            -
~ is within the spread: no difference is shown

hops a packet  veth  hop p50     p99    xmit   queue  softirq
host           0.00        -       -       -       -        -
bridge         1.00   10.0us  10.0us  10.0us  10.0us   10.0us
macvlan        0.00        -       -       -       -        -
ipvlan-l2         -        -       -       -       -        -

host (the host itself, to its uplink): no softirq hop.
bridge (a container on veth, bridge and NAT, to the uplink): softirq hops a
packet: 1.00 over veth, 1.02 more than host, each from xmit over the backlog to
another NET_RX softirq; a transaction takes 58.2us more (p50), and those hops of
its 2.0 packets, 10.0us each, are about 20.4us.
macvlan (a container on macvlan, to the uplink): no softirq hop, as many as
host; a transaction takes as long (p50).
ipvlan-l2 (ipvlan): not measured, this kernel has no such devices.
warning: bridge: 20 of 1020 hops were missed, so that their latency is not known
Everything is undone: there is no lab bench-7-* any more.
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, got.String())
	}
}

func parseBench(t *testing.T, text string) (doc benchJSON) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return doc
}

// wantHops compares the hops that were traced with the packets that the kernel's
// counters of the devices say, which are those of some IPv6 housekeeping, too.
func wantHops(t *testing.T, doc benchJSON, want map[string]float64) {
	t.Helper()
	seen := 0
	for _, v := range doc.Variants {
		if v.Absent != "" {
			t.Logf("%s: %s", v.Name, v.Absent)
			continue
		}
		seen++
		hops, known := want[v.Name]
		if !known || v.RR.PerSecond.Median <= 0 || v.Hops.Packets < v.Hops.Transactions*2 || len(v.RR.Rounds) != doc.Rounds {
			t.Errorf("%s: got %+v, %+v", v.Name, v.RR, v.Hops)
			continue
		}
		if got := v.Hops.VethPerPacket + float64(v.Hops.Missed)/float64(v.Hops.Packets); got < hops-0.1 || got > hops+0.1 {
			t.Errorf("%s: got %.2f veth hops a packet, want %.0f: %+v", v.Name, got, hops, v.Hops)
		}
		t.Logf("%s: %.0f/s, %.2f of %s; %.2f hops a packet; %s", v.Name, v.RR.PerSecond.Median, v.RR.Ratio, doc.Baseline, v.Hops.PerPacket, v.Reason)
	}
	if seen < 2 {
		t.Errorf("only %d variants were measured", seen)
	}
}

// benchLeft is what is left of the labs of a bench.
func benchLeft(t *testing.T, name string) (found []string) {
	t.Helper()
	for _, v := range lab.Variants() {
		found = append(found, leftOf(t, name+"-"+v.Name)...)
	}
	return found
}

func TestLabBench(t *testing.T) {
	if !isTurn(0) {
		t.Skip("another kernel's turn")
	}
	needRoot(t)
	before := hostLinks(t)
	name := labName(t)
	variants := "loopback,host,veth,bridge,macvlan,ipvlan-l2,ipvlan-l3,netkit"
	if inVM {
		variants = "host,bridge,macvlan,ipvlan-l2"
	}
	got := runCommandLine(t, "lab", "bench", "--rounds", "2", "-d", "300ms", "--json", "--name", name, "--variants", variants)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	// The uplink's wire is a veth pair itself.
	wantHops(t, parseBench(t, got.stdout), map[string]float64{
		"loopback": 0, "host": 1, "veth": 1, "bridge": 2, "macvlan": 1, "ipvlan-l2": 1, "ipvlan-l3": 1, "netkit": 0,
	})
	if left := benchLeft(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
}

// It says what it does, and a signal ends it early, with everything undone.
func TestLabBenchInterrupted(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	name := labName(t)
	cmd := vethtrace(t, "lab", "bench", "-d", "30s", "--name", name, "--variants", "host,bridge")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "labs are there", func() bool { return exists("/run/netns/vethtrace-" + name + "-bridge-up") })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, cmd); status != exitFailure || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("got exit status %d, %q", status, stderr.String())
	}
	if left := benchLeft(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
}
