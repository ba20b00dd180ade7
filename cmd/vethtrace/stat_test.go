// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/vethtrace/vethtrace/lab"
)

// The hops of a command's pings are what the devices counted.
func TestStatOfCommand(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "ping")
	l := quietLab(t)
	a, b := l.Ends[0], l.Ends[1]
	path := filepath.Join(t.TempDir(), "report")
	before := rxPackets(t, l)
	got := runCommandLine(t, "stat", "--json", "-o", path, "--netns", a.Netns, "--",
		"ip", "netns", "exec", a.Netns, "ping", "-c", "100", "-i", "0.002", b.IPv4.Addr().String())
	after := rxPackets(t, l)
	if got.status != 0 || got.stderr != "" || !strings.Contains(got.stdout, "100 received") {
		t.Fatalf("got exit status %d, %q, %q", got.status, got.stdout, got.stderr)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc := statDoc(t, string(text))
	wantNoLosses(t, doc)
	for i, end := range l.Ends {
		want := after[i] - before[i]
		if d := deviceIn(doc, end); d.Hops != want || d.Ifname != end.Ifname || d.NetnsName != end.Netns || d.Missed != 0 {
			t.Errorf("device %d received %d packets, stat says %+v", i, want, d)
		}
	}
	icmp := uint64(0)
	for _, f := range doc.Flows {
		if f.Flow.Proto == "icmp" {
			icmp += f.Hops
		}
	}
	if icmp != 200 {
		t.Errorf("got %d icmp hops, want 200", icmp)
	}
}

// statDoc parses a report of one line.
func statDoc(t *testing.T, text string) record {
	t.Helper()
	all := parseLines(t, text)
	if len(all) != 1 || all[0].Type != "stat" {
		t.Fatalf("not one stat document: %q", text)
	}
	return all[0]
}

// deviceIn returns the device that is an end of a lab.
func deviceIn(doc record, end lab.End) statRecord {
	for _, d := range doc.Devices {
		if d.Netns == end.NetnsInode && d.Ifindex == end.Ifindex {
			return d
		}
	}
	return statRecord{}
}

func TestStatPassesOnStatus(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	for script, want := range map[string]int{
		"exit 0":        0,
		"exit 7":        7,
		"kill -TERM $$": 128 + int(syscall.SIGTERM),
		"kill -KILL $$": 128 + int(syscall.SIGKILL),
	} {
		got := runCommandLine(t, "stat", "--json", "--", "sh", "-c", script)
		if got.status != want || got.stderr != "" {
			t.Errorf("%s: got exit status %d, %q, want %d", script, got.status, got.stderr, want)
		}
		statDoc(t, got.stdout)
	}
}

func TestStatOfNoCommand(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	wantSentence(t, runCommandLine(t, "stat", "--", "no-such-command"), exitFailure, "no-such-command")
	wantSentence(t, runCommandLine(t, "stat", "--", "/etc/passwd"), exitFailure, "/etc/passwd")
}

// Ctrl-C ends counting early, with the report.
func TestStatInterrupted(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		cmd := vethtrace(t, "stat", "--json", "-d", "60s", "--netns", l.Ends[0].Netns)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitTracing(t, cmd.Process.Pid)
		sendPings(t, l, 20)
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if status := wait(t, cmd); status != 0 {
			t.Errorf("%v: got exit status %d", s, status)
		}
		doc := statDoc(t, out.String())
		if d := deviceIn(doc, l.Ends[1]); d.Hops < 20 {
			t.Errorf("%v: got %d hops, want the 20 pings", s, d.Hops)
		}
		if doc.DurationNS == 0 || doc.DurationNS >= 60e9 {
			t.Errorf("%v: got a duration of %d ns", s, doc.DurationNS)
		}
	}
}

// A signal to vethtrace alone ends the command, and the report is made.
func TestStatTerminatedWithCommand(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	cmd := vethtrace(t, "stat", "--json", "--", "sleep", "1000")
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the command runs", func() bool {
		for _, child := range childrenOf(cmd.Process.Pid) {
			if commandOf(child) == "sleep" {
				t.Cleanup(func() { syscall.Kill(child, syscall.SIGKILL) })
				return true
			}
		}
		return false
	})
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, cmd); status != 128+int(syscall.SIGTERM) {
		t.Errorf("got exit status %d", status)
	}
	statDoc(t, out.String())
}

// A table is as wide as the terminal at most, and says who it is about.
func TestStatFitsTerminal(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	keepPinging(t, l)
	for _, width := range []int{80, 120} {
		p := newPTY(t, uint16(width), 24)
		cmd := p.attach(vethtrace(t, "stat", "-d", "200ms", "--netns", l.Ends[0].Netns))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		status := wait(t, cmd)
		text := p.text(t)
		if status != 0 || !strings.Contains(text, "\nDEVICES ") || !strings.Contains(text, "/eth0 ") {
			t.Errorf("width %d: got exit status %d, want the devices in:\n%s", width, status, text)
		}
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("width %d: a line of %d: %q", width, n, line)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("width %d: escape sequences in a table: %q", width, text)
		}
	}
}

// The report goes to the file, the command's output to the terminal.
func TestStatOutputFile(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	path := filepath.Join(t.TempDir(), "report")
	got := runCommandLine(t, "stat", "-o", path, "--", "echo", "from the command")
	if got != (output{stdout: "from the command\n"}) {
		t.Errorf("got %+v", got)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), " mode, Linux ") {
		t.Errorf("got %q, %v, want the report", text, err)
	}
	cmd := vethtrace(t, "stat", "-o", "/dev/full", "-d", "1ms")
	wantSentence(t, finish(t, cmd), exitFailure, "no space left on device")
}
