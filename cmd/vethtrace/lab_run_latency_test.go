// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// latencyRows are what the article has, with so many veth hops for 1000 packets.
func latencyRows(bridge, macvlan uint64) []benchRow {
	return []benchRow{
		benchRowOf(latencyUsual, 1000, 2446), benchRowOf(latencyBefore, 2000, bridge), benchRowOf(latencyCureTwo, 1000, macvlan),
	}
}

func TestLatencyConclusion(t *testing.T) {
	const host = "From the container over veth, bridge and NAT a packet makes 2.00 softirq hops, from the host 1.00; "
	for name, tt := range map[string]struct {
		rows     []benchRow
		want     []string
		commands int
	}{
		"cured":               {latencyRows(2000, 2440), []string{host, "500us, from the host 409us (p50), +22.3%", "10.0us each, are about 20.0us of these 91.2us", "Over macvlan it makes 1.00", "99% of the difference is gone"}, 1},
		"as good as the host": {latencyRows(2000, 2500), []string{"no longer than the host's"}, 1},
		"did not help":        {latencyRows(2000, 1900), []string{"that did not help"}, 0},
		"nothing to cure":     {latencyRows(3000, 3000), []string{"there was nothing to cure"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			got := latencyConclusion(tt.rows)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("got %q, want %q in it", got, want)
				}
			}
			if c := latencyCommands(tt.rows); len(c) != tt.commands {
				t.Errorf("got commands %q, want %d", c, tt.commands)
			}
		})
	}
}

// The container's packets make one hop more than the host's, and macvlan spares
// it: counts that do not depend on how busy the machine is.
func TestLabRunLatency(t *testing.T) {
	if !isTurn(1) {
		t.Skip("another kernel's turn")
	}
	needRoot(t)
	name := labName(t)
	got := runCommandLine(t, "lab", "run", "latency", "--rounds", "1", "-d", "400ms", "--json", "--name", name)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	var doc latencyExperimentJSON
	d := json.NewDecoder(strings.NewReader(got.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Story != "latency" || doc.Baseline != latencyUsual || doc.Conclusion == "" || len(doc.Runs) != 4 {
		t.Errorf("got %+v", doc)
	}
	wantHops(t, benchJSON{Rounds: doc.Rounds, Baseline: doc.Baseline, Variants: doc.Runs},
		map[string]float64{"host": 1, "bridge": 2, "macvlan": 1, "ipvlan-l2": 1})
	if left := benchLeft(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
}

func TestLabRunLatencyText(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	name := labName(t)
	got := runCommandLine(t, "lab", "run", "latency", "--rounds", "1", "-d", "400ms", "--name", name)
	if got.status != 0 || got.stderr != "" {
		t.Errorf("got exit status %d, %q", got.status, got.stderr)
	}
	for _, want := range []string{
		"latency: requests to the uplink", "tracing bridge ...", "round 1 of 1 ...", "\nhops a packet over veth ", "\na transaction, p50 ",
		"\nFrom the container over veth", "Everything is undone: there is no lab " + name + "-*",
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got no %q in\n%s", want, got.stdout)
		}
	}
}
