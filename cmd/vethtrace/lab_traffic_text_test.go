// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// trafficResult has another number in each place.
var trafficResult = lab.Result{
	Transactions: 1234, Packets: 2000, Received: 1990, Bytes: 5_000_000_000, Retransmits: 17, OutOfOrder: 23, Moves: 29,
	Duration: 2 * time.Second, Connections: 3, Latency: lab.Latency{Count: 1990, Min: 11, Mean: 22, P50: 33, P90: 44, P99: 55, Max: 66},
}

func trafficDocument(t *testing.T, k *trafficKind, f trafficFlags, r lab.Result) (doc map[string]any) {
	t.Helper()
	var out bytes.Buffer
	if err := writeTrafficJSON(&out, k, f, &lab.Lab{Name: "x"}, r); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// tableCells are the cells of a head and a line.
func tableCells(t *testing.T, text string) map[string]string {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	columns := regexp.MustCompile(" {2,}")
	heads, cells := columns.Split(strings.TrimSpace(lines[0]), -1), columns.Split(strings.TrimSpace(lines[len(lines)-1]), -1)
	if len(lines) != 2 || len(heads) != len(cells) {
		t.Fatalf("got %q", text)
	}
	table := make(map[string]string)
	for i, head := range heads {
		table[head] = cells[i]
	}
	return table
}

// Each column of the text is what the document says.
func TestTrafficTextIsTheDocument(t *testing.T) {
	for _, k := range trafficKinds {
		t.Run(k.name, func(t *testing.T) {
			f := k.flags
			f.migrate, f.cpu = time.Millisecond, anyCPU
			doc := trafficDocument(t, &k, f, trafficResult)
			n := func(key string) float64 {
				v, is := doc[key].(float64)
				if !is {
					t.Errorf("the document has no %s: %v", key, doc)
				}
				return v
			}
			latency, _ := doc["latency"].(map[string]any)
			quantile := func(key string) string { return report.FormatNS(uint64(latency[key].(float64))) }
			var out bytes.Buffer
			if err := writeTrafficTable(&out, &k, f, trafficResult); err != nil {
				t.Fatal(err)
			}
			for head, got := range tableCells(t, out.String()) {
				var want string
				switch head {
				case "elapsed":
					want = report.FormatNS(uint64(n("duration_ns")))
				case "trans/s":
					want = fmt.Sprintf("%.2f", n("transactions_per_second"))
				case "transfer":
					want = report.FormatCount(n("bytes")) + "B"
				case "rate":
					want = report.FormatCount(n("bits_per_second")) + "bit/s"
				case "lost":
					want = fmt.Sprintf("%.0f (%.1f%%)", n("lost_packets"), 100*n("lost_packets")/n("sent_packets"))
				case "p50", "p90", "p99", "max":
					want = quantile(head + "_ns")
				default:
					want = fmt.Sprint(n(map[string]string{
						"transactions": "transactions", "retransmits": "retransmit_segs", "out of order": "out_of_order",
						"sent": "sent_packets", "connections": "connections", "moves": "moves",
					}[head]))
				}
				if got != want {
					t.Errorf("%s: got %q, the document says %q", head, got, want)
				}
			}
		})
	}
}

// A field is there for a kind or not, whatever the number in it, and the page
// names it.
func TestTrafficDocumentFields(t *testing.T) {
	onAnyKernel(t)
	page, err := os.ReadFile("../../docs/lab-traffic.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range trafficKinds {
		r, zero := trafficResult, lab.Result{Latency: lab.Latency{Count: 1}}
		if k.name == "stream" {
			r.Latency, zero.Latency = lab.Latency{}, lab.Latency{}
		}
		keys := slices.Sorted(maps.Keys(trafficDocument(t, &k, k.flags, r)))
		if got := slices.Sorted(maps.Keys(trafficDocument(t, &k, k.flags, zero))); !slices.Equal(got, keys) {
			t.Errorf("%s: with zeros there is %q, else %q", k.name, got, keys)
		}
		for _, key := range keys {
			if !bytes.Contains(page, []byte("`"+key+"`")) {
				t.Errorf("%s: docs/lab-traffic.md does not name %s", k.name, key)
			}
		}
	}
}

func TestTrafficBetweenEnds(t *testing.T) {
	end := func(name string, inode uint64) lab.End {
		return lab.End{Netns: name, NetnsInode: inode, Ifname: "eth0"}
	}
	a, b, host, up := end("x-a", 1), end("x-b", 2), end("x-host", 3), end("x-up", 4)
	pair := &lab.Lab{Ends: [2]lab.End{a, b}, Containers: []lab.End{a, b}}
	bridge := &lab.Lab{Ends: [2]lab.End{a, up}, Containers: []lab.End{a, b}, Host: &host, Uplink: &up}
	for _, c := range []struct {
		l              *lab.Lab
		from, to, want string
	}{
		{pair, "", "", "x-a/eth0 x-b/eth0"},
		{pair, "b", "", "x-b/eth0 x-a/eth0"},
		{pair, "", "a", "x-b/eth0 x-a/eth0"},
		{pair, "a", "", "x-a/eth0 x-b/eth0"},
		{pair, "b", "b", "x-b/lo x-b/lo"},
		{pair, "x-b", "a", "x-b/eth0 x-a/eth0"},
		{bridge, "", "", "x-a/eth0 x-up/eth0"},
		{bridge, "b", "", "x-b/eth0 x-up/eth0"},
		{bridge, "up", "", "x-up/eth0 x-a/eth0"},
		{bridge, "host", "b", "x-host/eth0 x-b/eth0"},
	} {
		got, err := betweenEnds(c.l, c.from, c.to)
		if err != nil {
			t.Fatal(err)
		}
		if is := fmt.Sprintf("%s/%s %s/%s", got.Ends[0].Netns, got.Ends[0].Ifname, got.Ends[1].Netns, got.Ends[1].Ifname); is != c.want {
			t.Errorf("from %q to %q: got %s, want %s", c.from, c.to, is, c.want)
		}
	}
	if _, err := betweenEnds(pair, "up", ""); err == nil {
		t.Error("a pair has an uplink")
	}
}

func TestRateFlag(t *testing.T) {
	for text, want := range map[string]uint64{"0": 0, "1": 1, "500": 500, "1.5k": 1500, "200M": 200e6, "1000G": 1e12} {
		var r rate
		if err := r.Set(text); err != nil || uint64(r) != want {
			t.Errorf("%s: got %d, %v, want %d", text, r, err, want)
		}
		var again rate
		if err := again.Set(r.String()); err != nil || again != r {
			t.Errorf("%s: printed as %q, which means %d, %v", text, r.String(), again, err)
		}
	}
	for _, text := range []string{"", "k", "-1", "0.5", "1T", "1001G", "NaN", "Inf", "1kk", "0x10M "} {
		var r rate
		if err := r.Set(text); err == nil {
			t.Errorf("%q: got %d, want an error", text, r)
		}
	}
}
