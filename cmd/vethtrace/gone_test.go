// SPDX-License-Identifier: Apache-2.0

package main

import (
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// A device that goes away ends nothing, and what it did stays counted.
func TestDeviceGoneWhileTracing(t *testing.T) {
	l := quietLab(t)
	r := startTrace(t, "--json", "--netns", l.Ends[0].Netns)
	sendPings(t, l, 5)
	if err := lab.Down(l.Name); err != nil {
		t.Fatal(err)
	}
	all := parseLines(t, r.header+r.end(t, syscall.SIGINT))
	pings := 0
	for _, h := range wantTrace(t, all) {
		if h.Flow != nil && h.Flow.Proto == "icmp" {
			pings++
		}
		if h.RX.Ifname != "eth0" {
			t.Errorf("got %+v, want the name it had", h.RX)
		}
	}
	if pings != 10 {
		t.Errorf("got %d hops of pings, want 10", pings)
	}
}

func TestDeviceGoneWhileCounting(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "ping")
	l := quietLab(t)
	a, b := l.Ends[0], l.Ends[1]
	const script = `ip netns exec "$1" ping -q -c 5 -i 0.002 "$2" >/dev/null && exec "$0" lab down --name "$3"`
	got := runCommandLine(t, "stat", "--json", "--netns", a.Netns, "--",
		"sh", "-c", script, self(t), a.Netns, b.IPv4.Addr().String(), l.Name)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	doc := statDoc(t, got.stdout)
	for _, end := range l.Ends {
		if d := deviceIn(doc, end); d.Hops < 5 || d.Ifname != "eth0" {
			t.Errorf("got %+v, want the device as it was", d)
		}
	}
	if left := leftOf(t, l.Name); left != nil {
		t.Errorf("tracing keeps %q", left)
	}
}
