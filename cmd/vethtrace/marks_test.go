// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// markLine is a mark as it is in JSON.
type markLine struct {
	Type      string `json:"type"`
	TSNS      uint64 `json:"ts_ns"`
	Lab       string `json:"lab"`
	Action    string `json:"action"`
	Setting   string `json:"setting"`
	Netns     uint64 `json:"netns"`
	NetnsName string `json:"netns_name"`
	Ifindex   int    `json:"ifindex"`
	Ifname    string `json:"ifname"`
	Key       string `json:"key"`
	Before    string `json:"before"`
	After     string `json:"after"`
}

func monotonic(t *testing.T) uint64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return uint64(ts.Nano())
}

// wantMark compares one, whose time lies between two others.
func wantMark(t *testing.T, got markLine, from, to uint64, want markLine) {
	t.Helper()
	if got.TSNS < from || got.TSNS > to {
		t.Errorf("the mark is of %d, want it between %d and %d", got.TSNS, from, to)
	}
	got.TSNS, want.Type = 0, "mark"
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// changing sets RPS of the lab's end b and undoes it, as its user would, with
// time in between for who looks now and then; it returns what is to be seen.
func changing(t *testing.T, l *lab.Lab) (set, undone markLine) {
	t.Helper()
	b := l.Ends[1]
	set = markLine{
		Lab: l.Name, Action: "set", Setting: "rps", Netns: b.NetnsInode, NetnsName: b.Netns,
		Ifindex: b.Ifindex, Ifname: b.Ifname, Before: "0", After: "1",
	}
	undone = set
	undone.Action, undone.Before, undone.After = "undone", "1", "0"
	for _, args := range []string{"lab rps eth0 1 --netns b --name " + l.Name, "lab undo --name " + l.Name} {
		if got := runCommandLine(t, strings.Fields(args)...); got.status != 0 {
			t.Fatalf("%s: %+v", args, got)
		}
		time.Sleep(5 * markEvery)
	}
	return set, undone
}

func TestMarksInTrace(t *testing.T) {
	l := quietLab(t)
	r := startTrace(t, "--json", "--netns", l.Ends[0].Netns)
	from := monotonic(t)
	set, undone := changing(t, l)
	to := monotonic(t)
	var marks []markLine
	var emitted uint64
	for line := range strings.Lines(r.end(t, syscall.SIGINT)) {
		var m markLine
		var footer struct {
			Type  string  `json:"type"`
			Marks *uint64 `json:"marks_emitted"`
		}
		if err := json.Unmarshal([]byte(line), &footer); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		switch footer.Type {
		case "mark":
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%v in %s", err, line)
			}
			marks = append(marks, m)
		case "footer":
			emitted = *footer.Marks
		}
	}
	if len(marks) != 2 || emitted != 2 {
		t.Fatalf("got %+v, %d emitted, want 2", marks, emitted)
	}
	wantMark(t, marks[0], from, marks[1].TSNS, set)
	wantMark(t, marks[1], marks[0].TSNS, to, undone)
}

// A line for each, but not where they are left out.
func TestMarksInTraceText(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	with := startTrace(t, "--events", "drop,mark", "--netns", l.Ends[0].Netns)
	without := startTrace(t, "--events", "drop", "--netns", l.Ends[0].Netns)
	changing(t, l)
	at := l.Ends[1].Netns + "/eth0"
	got := with.end(t, syscall.SIGINT)
	for _, want := range []string{
		"  MARK rps of " + at + ": 0 -> 1 (set by lab " + l.Name + ")\n",
		"  MARK rps of " + at + ": 1 -> 0 (undone by lab " + l.Name + ")\n", "-- 0 drops and 2 marks shown;",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got no %q in\n%s", want, got)
		}
	}
	if got := without.end(t, syscall.SIGINT); strings.Contains(got, "MARK") || !strings.Contains(got, "-- 0 drops shown;") {
		t.Errorf("got\n%s", got)
	}
}

func TestMarksInStat(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	dir := t.TempDir()
	outs := []string{dir + "/text", dir + "/json"}
	text := vethtrace(t, "stat", "-d", "1m", "-o", outs[0], "--netns", l.Ends[0].Netns)
	asJSON := vethtrace(t, "stat", "-d", "1m", "--json", "-o", outs[1], "--netns", l.Ends[0].Netns)
	for i, cmd := range []*exec.Cmd{text, asJSON} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the report is opened", func() bool { return exists(outs[i]) })
	}
	from := monotonic(t)
	set, undone := changing(t, l)
	to := monotonic(t)
	text.Process.Signal(syscall.SIGINT)
	asJSON.Process.Signal(syscall.SIGINT)
	if a, b := wait(t, text), wait(t, asJSON); a != 0 || b != 0 {
		t.Fatalf("got exit status %d and %d", a, b)
	}
	got, err := os.ReadFile(outs[0])
	if err != nil {
		t.Fatal(err)
	}
	at := l.Ends[1].Netns + "/eth0"
	for _, want := range []string{
		": rps of " + at + ": 0 -> 1 (set by lab " + l.Name + ")\n", ": rps of " + at + ": 1 -> 0 (undone by lab " + l.Name + ")\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("got no %q in\n%s", want, got)
		}
	}
	var doc struct {
		Marks []markLine `json:"marks"`
	}
	if got, err = os.ReadFile(outs[1]); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(got, &doc); err != nil || len(doc.Marks) != 2 {
		t.Fatalf("got %+v, %v, want 2 marks", doc, err)
	}
	wantMark(t, doc.Marks[0], from, to, set)
	wantMark(t, doc.Marks[1], from, to, undone)
}

func TestMarksInTop(t *testing.T) {
	onAnyKernel(t)
	s, l := startTop(t, 80, 24, "")
	if got := runCommandLine(t, "lab", "rps", "eth0", "1", "--netns", "b", "--name", l.Name); got.status != 0 {
		t.Fatal(got.stderr)
	}
	s.want("MARK   ")
	s.want(": 0 -> 1")
	s.press("i")
	s.want("changed by vethtrace lab since the start")
	s.want("(set by lab " + l.Name + ")")
}
