// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// snmp reads the kernel's own counters of a namespace, such as TcpOutSegs.
func snmp(t *testing.T, netns string) map[string]uint64 {
	t.Helper()
	var text []byte
	err := InNetns(netns, func() (err error) {
		text, err = os.ReadFile("/proc/thread-self/net/snmp")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	counters := make(map[string]uint64)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := 0; i+1 < len(lines); i += 2 { // names, then values
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		for j := range names[1:] {
			n, _ := strconv.ParseUint(values[j+1], 10, 64)
			counters[strings.TrimSuffix(names[0], ":")+names[j+1]] = n
		}
	}
	return counters
}

// growths runs traffic over a new lab and returns how far the counters of both
// ends have grown, which started from 0.
func growths(t *testing.T, tr Traffic) (res Result, a, b map[string]uint64) {
	t.Helper()
	l := mustUp(t, labName(t))
	res, err := tr.Run(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", res)
	return res, snmp(t, l.Ends[0].Netns), snmp(t, l.Ends[1].Netns)
}

// fewer is n, or less where everything takes longer.
func fewer(n uint64) uint64 {
	if inVM {
		return n / 10
	}
	return n
}

// Each transaction is a segment each way, which nothing but TCP's own
// acknowledgements adds to.
func TestTransactionsAreTheKernels(t *testing.T) {
	const connections = 3
	count := fewer(2000)
	res, a, b := growths(t, RequestResponse{Count: count, Connections: connections, Size: 100, CPU: -1})
	want := connections * count
	if res.Transactions != want || res.Bytes != 200*want || res.Connections != connections || res.Latency.Count != want {
		t.Errorf("got %+v, want %d transactions", res, want)
	}
	if a["TcpActiveOpens"] != connections || b["TcpPassiveOpens"] != connections {
		t.Errorf("%d connections were opened, %d accepted, want %d", a["TcpActiveOpens"], b["TcpPassiveOpens"], connections)
	}
	for end, segs := range map[string]uint64{"a": a["TcpOutSegs"], "b": b["TcpOutSegs"]} {
		if segs < want || float64(segs) > 1.1*float64(want)+20 {
			t.Errorf("end %s sent %d segments for %d transactions", end, segs, want)
		}
	}
	if res.Retransmits != a["TcpRetransSegs"] {
		t.Errorf("%d segments were sent again, the kernel says %d", res.Retransmits, a["TcpRetransSegs"])
	}
}

// Several senders that are moved are overtaken; what is sent again adds up.
func TestRetransmitsAreTheKernels(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("needs two CPUs to move a thread between")
	}
	res, a, _ := growths(t, Stream{Duration: patiently(time.Second), Connections: 2, Migrate: 500 * time.Microsecond, CPU: -1})
	if res.Bytes == 0 || res.Moves == 0 || res.Connections != 2 {
		t.Errorf("got %+v", res)
	}
	if got := a["TcpRetransSegs"]; got != res.Retransmits {
		t.Errorf("%d segments were sent again, the kernel says %d", res.Retransmits, got)
	}
}

// What a flood loses is what the receiving socket had no room for.
func TestLostDatagramsAreTheKernels(t *testing.T) {
	count := fewer(50_000)
	res, a, b := growths(t, UDP{Count: count, Connections: 2, Size: 1000, CPU: -1})
	if res.Packets != 2*count || res.Packets != a["UdpOutDatagrams"] {
		t.Errorf("%d datagrams were sent, the kernel says %d, want %d", res.Packets, a["UdpOutDatagrams"], 2*count)
	}
	if res.Received != b["UdpInDatagrams"] || res.Latency.Count != res.Received {
		t.Errorf("%d datagrams were received, the kernel says %d; %d latencies", res.Received, b["UdpInDatagrams"], res.Latency.Count)
	}
	// The backlog may overflow before the socket does, which is no error of UDP.
	if lost := b["UdpRcvbufErrors"]; lost > res.Lost() {
		t.Errorf("%d datagrams were lost, the kernel says %d", res.Lost(), lost)
	}
}

func TestPingsAreTheKernels(t *testing.T) {
	res, a, b := growths(t, Ping{Count: 50, CPU: -1})
	if res.Latency.Count != 50 || a["IcmpOutEchos"] != 50 || b["IcmpOutEchoReps"] != 50 || a["IcmpInEchoReps"] != 50 {
		t.Errorf("got %+v; the kernel sent %d, answered %d, received %d", res, a["IcmpOutEchos"], b["IcmpOutEchoReps"], a["IcmpInEchoReps"])
	}
	if l := res.Latency; l.Min <= 0 || l.Min > l.P50 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.Max || l.Mean > l.Max {
		t.Errorf("got %+v", l)
	}
}

func TestRequestsKeepRate(t *testing.T) {
	l := mustUp(t, labName(t))
	res, err := RequestResponse{Interval: 10 * time.Millisecond, Count: 30, Connections: 2, CPU: -1}.Run(t.Context(), l)
	if err != nil || res.Transactions != 60 {
		t.Fatalf("got %+v, %v", res, err)
	}
	if res.Duration < 230*time.Millisecond { // a burst of maxLag is free
		t.Errorf("got %v, want at least 230ms", res.Duration)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := mustUp(t, labName(t))
	for _, n := range []int{-1, MaxConnections + 1} {
		for _, tr := range []Traffic{RequestResponse{Connections: n, CPU: -1}, Stream{Connections: n, CPU: -1}, UDP{Connections: n, CPU: -1}} {
			if res, err := tr.Run(t.Context(), l); err == nil || res.Connections != 0 {
				t.Errorf("%+v: got %+v, %v", tr, res, err)
			}
		}
	}
}
