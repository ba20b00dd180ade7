// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// sendTooLarge sends n UDP packets from end a to end b that are larger than b
// takes, which veth drops.
func sendTooLarge(t *testing.T, l *lab.Lab, n int) {
	t.Helper()
	sendPings(t, l, 1) // the neighbours know each other then
	inside(t, l.Ends[1], "ip", "link", "set", l.Ends[1].Ifname, "mtu", "600")
	fd := socketIn(t, l.Ends[0])
	to := &unix.SockaddrInet4{Port: 9, Addr: l.Ends[1].IPv4.Addr().As4()}
	for range n {
		if err := unix.Sendto(fd, make([]byte, 1000), 0, to); err != nil {
			t.Fatal(err)
		}
	}
}

// Every packet that veth drops is a line, counted nowhere among the hops.
func TestTraceOfDrops(t *testing.T) {
	l := quietLab(t)
	a, b := l.Ends[0], l.Ends[1]
	const n = 5
	// What is sampled is hops.
	r := startTrace(t, "--json", "--netns", a.Netns, "--sample", "1000")
	sendTooLarge(t, l, n)
	all := parseLines(t, r.header+r.end(t, syscall.SIGINT))
	wantTrace(t, all)
	drops, footer := ofType(all, "drop"), all[len(all)-1]
	if len(drops) != n || footer.Drops["other"] != n || footer.Losses["dropped_hops"] != n {
		t.Errorf("got %d drops, the footer has %v, %v; want %d", len(drops), footer.Drops, footer.Losses, n)
	}
	for _, d := range drops {
		if d.Cause != "other" || d.LenBytes != 1042 || d.DropTSNS < d.TSNS { // Ethernet 14, IPv4 20, UDP 8
			t.Errorf("got %+v", d)
		}
		if d.TX.NetnsName != a.Netns || d.RX.NetnsName != b.Netns || d.Flow == nil || d.Flow.Dst != b.IPv4.Addr().String() {
			t.Errorf("got %+v, want from a to b", d)
		}
	}
}

// Drops do not count towards --count.
func TestTraceCountWithDrops(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	r := startTrace(t, "--netns", l.Ends[0].Netns, "--proto", "udp", "-n", "1")
	sendTooLarge(t, l, 3)
	inside(t, l.Ends[1], "ip", "link", "set", l.Ends[1].Ifname, "mtu", "1500")
	fd := socketIn(t, l.Ends[0])
	if err := unix.Sendto(fd, []byte("x"), 0, &unix.SockaddrInet4{Port: 9, Addr: l.Ends[1].IPv4.Addr().As4()}); err != nil {
		t.Fatal(err)
	}
	text := r.rest(t)
	if got := strings.Count(text, "DROPPED other"); got != 3 || !strings.Contains(text, "\n-- 1 hop and 3 drops shown; ") {
		t.Errorf("got %d drops, want 3 and one hop:\n%s", got, text)
	}
}

func TestStatOfDrops(t *testing.T) {
	l := quietLab(t)
	for i, format := range []string{"--json=true", "--json=false"} {
		if !inTurn(0, i) {
			continue
		}
		cmd := vethtrace(t, "stat", format, "-d", "60s", "--netns", l.Ends[0].Netns)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitTracing(t, cmd.Process.Pid)
		sendTooLarge(t, l, 4)
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if status := wait(t, cmd); status != 0 {
			t.Errorf("got exit status %d", status)
		}
		if format == "--json=true" {
			doc := statDoc(t, out.String())
			if d := deviceIn(doc, l.Ends[1]); d.Drops["other"] != 4 || d.Kind != "veth" {
				t.Errorf("got %+v, want 4 drops", d)
			}
			continue
		}
		for _, want := range []string{"4 packets dropped by the kernel", "\nDROPS ", "\nBACKLOG "} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, out.String())
			}
		}
	}
}

// The loopback is traced when asked for, and only then.
func TestKinds(t *testing.T) {
	l := quietLab(t)
	a := l.Ends[0]
	inside(t, a, "ip", "link", "set", "lo", "up")
	for kinds, want := range map[string]bool{"veth": false, "loopback": true, "veth,loopback": true, "all": true} {
		if inVM && kinds != "all" {
			continue
		}
		cmd := vethtrace(t, "stat", "--json", "--kind", kinds, "-d", "60s", "--netns", a.Netns)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitTracing(t, cmd.Process.Pid)
		fd := socketIn(t, a)
		if err := unix.Sendto(fd, []byte("x"), 0, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if status := wait(t, cmd); status != 0 {
			t.Errorf("%s: got exit status %d", kinds, status)
		}
		doc := statDoc(t, out.String())
		got := false
		for _, d := range doc.Devices {
			got = got || d.Ifname == "lo" && d.Kind == "loopback" && d.Hops > 0
		}
		if got != want {
			t.Errorf("--kind %s: loopback among the devices is %v, want %v", kinds, got, want)
		}
		if kinds != "all" && strings.Join(doc.Kinds, ",") != kinds {
			t.Errorf("--kind %s: the document says %q", kinds, doc.Kinds)
		}
	}
}

// What is not possible in a mode is a sentence, with --strict.
func TestModes(t *testing.T) {
	needRoot(t)
	for _, mode := range []string{"auto", "fentry", "kprobe", "tracepoint"} {
		got := runCommandLine(t, "stat", "--json", "-d", "1ms", "--mode", mode)
		if got.status != 0 {
			if mode == "tracepoint" {
				t.Errorf("got %+v, want any kernel to have this mode", got)
			}
			wantSentence(t, got, exitFailure, "mode")
			t.Logf("%s: %s", mode, got.stderr)
			continue
		}
		if doc := statDoc(t, got.stdout); mode != "auto" && doc.Mode != mode {
			t.Errorf("--mode %s: the document says %s", mode, doc.Mode)
		}
	}
}
