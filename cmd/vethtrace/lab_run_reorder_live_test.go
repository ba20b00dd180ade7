// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

func needTwoCPUs(t *testing.T) {
	t.Helper()
	if n := runtime.NumCPU(); n < 2 {
		t.Skipf("needs two CPUs to move a thread between, there is %d", n)
	}
}

func reorderLab(pid int) string { return "reorder-" + strconv.Itoa(pid) }

// The story is true here: without RPS packets are sent again, with it none is.
func TestLabRunReorder(t *testing.T) {
	needRoot(t)
	needTwoCPUs(t)
	before := hostLinks(t)
	// Another load on the machine may keep the sender from being moved, or an
	// ACK so long that TCP loses patience.
	for round := range 3 {
		cmd := vethtrace(t, "lab", "run", "reorder", "-d", "1s", "--json")
		got := finish(t, cmd)
		if got.status != 0 || got.stderr != "" {
			t.Fatalf("got exit status %d, %q", got.status, got.stderr)
		}
		doc := parseReorder(t, got.stdout)
		wantReorderDocument(t, doc, reorderLab(cmd.Process.Pid))
		if left := leftOf(t, reorderLab(cmd.Process.Pid)); left != nil {
			t.Errorf("there is %q", left)
		}
		without, with := doc.Runs[0].Stream.RetransmitSegs, doc.Runs[1].Stream.RetransmitSegs
		t.Logf("round %d: %d segments sent again without RPS, %d with it; %s", round, without, with, doc.Conclusion)
		if without > 0 && with == 0 {
			break
		}
		if round == 2 && !inVM { // emulated CPUs take turns
			t.Error("in no round RPS cured anything")
		}
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
}

func wantReorderDocument(t *testing.T, doc reorderDocument, name string) {
	t.Helper()
	all, err := lab.AllCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Runs) != 2 || doc.Runs[0].RPSCPUs != "0" || doc.Runs[1].RPSCPUs != all || doc.Conclusion == "" {
		t.Fatalf("got %+v, want runs without RPS and with rps_cpus=%s", doc, all)
	}
	for i, run := range doc.Runs {
		if run.Stream.Bytes == 0 || run.Stream.Moves == 0 || run.Data.Hops == 0 || run.ACKs.Hops == 0 ||
			run.Sender.NetnsName != "vethtrace-"+name+"-a" || run.Receiver.NetnsName != "vethtrace-"+name+"-b" {
			t.Errorf("run %d: got %+v", i+1, run)
		}
	}
}

func TestLabRunReorderText(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	needTwoCPUs(t)
	name := labName(t)
	got := runCommandLine(t, "lab", "run", "reorder", "-d", "100ms", "--migrate", "1ms", "--name", name)
	if got.status != 0 || got.stderr != "" {
		t.Errorf("got exit status %d, %q", got.status, got.stderr)
	}
	for _, want := range []string{
		"every 1.0ms", "run 1 of 2: lab " + name, "run 2 of 2: lab " + name, "\nrps_cpus ", "\nmoves of the sender ", "\nWithout RPS ",
		"Everything is undone: there is no lab " + name,
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got no %q in\n%s", want, got.stdout)
		}
	}
	if left := leftOf(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
}

// A lab that somebody works with is never taken.
func TestLabRunLeavesAnotherLab(t *testing.T) {
	onAnyKernel(t)
	needTwoCPUs(t)
	name := labName(t)
	if got := runCommandLine(t, "lab", "up", "--name", name); got.status != 0 {
		t.Fatal(got.stderr)
	}
	before := showJSON(t, name)
	wantSentence(t, runCommandLine(t, "lab", "run", "reorder", "--name", name), exitFailure, "there is a lab of that name")
	if after := showJSON(t, name); after.Ends[0].MAC != before.Ends[0].MAC || after.Ends[0].Netns != before.Ends[0].Netns {
		t.Errorf("the lab was %+v, is %+v", before, after)
	}
}

func TestLabRunWithoutRights(t *testing.T) {
	onAnyKernel(t)
	needTwoCPUs(t)
	for _, args := range []string{"lab run reorder --name nobodys", "lab run reorder --json --name nobodys", "lab stream --name nobodys"} {
		wantSentence(t, finish(t, asNobody(t, strings.Fields(args)...)), exitFailure, "CAP_NET_ADMIN and CAP_SYS_ADMIN")
	}
	if left := leftOf(t, "nobodys"); left != nil {
		t.Errorf("there is %q", left)
	}
}

// reorderMoments are those between which something else is there to undo.
var reorderMoments = []moment{
	{"its journal", func(pid int) bool { return exists("/run/vethtrace/lab-" + reorderLab(pid) + ".json") }},
	{"a namespace", func(pid int) bool { return exists("/run/netns/vethtrace-" + reorderLab(pid) + "-a") }},
	holds("link_id", attachedHooks),
	{"a child", func(pid int) bool { return len(childrenOf(pid)) > 0 }},
}

// A signal ends it early, it says so, and it removes everything.
func TestLabRunReorderSignalled(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	needTwoCPUs(t)
	for i, m := range reorderMoments {
		s := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[i%3]
		if signal.Ignored(s) {
			s = syscall.SIGTERM // under nohup
		}
		t.Run(fmt.Sprintf("%v at %s", s, m.name), func(t *testing.T) {
			pid, children, objects, got := endAt(t, m, func(pid int) error { return syscall.Kill(pid, s) })
			if got.status != exitFailure || !strings.HasPrefix(got.stderr, "vethtrace: interrupted") || strings.Count(got.stderr, "\n") != 1 {
				t.Errorf("got exit status %d, %q", got.status, got.stderr)
			}
			if left := leftOf(t, reorderLab(pid)); left != nil {
				t.Errorf("there is %q", left)
			}
			wantAllEnded(t, children)
			wantUnloaded(t, objects)
		})
	}
}

// When it is killed, its traffic ends by itself, and lab down removes the rest.
func TestLabRunReorderKilled(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	needTwoCPUs(t)
	for _, m := range reorderMoments {
		t.Run("at "+m.name, func(t *testing.T) {
			before := hostLinks(t)
			pid, children, objects, _ := endAt(t, m, func(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) })
			wantAllEnded(t, children)
			wantUnloaded(t, objects)
			name := reorderLab(pid)
			if got := runCommandLine(t, "lab", "down", "--name", name); got != (output{}) {
				t.Errorf("lab down: got %+v, want silence", got)
			}
			if left := leftOf(t, name); left != nil {
				t.Errorf("there is %q", left)
			}
			if after := hostLinks(t); after != before {
				t.Errorf("links of the host were\n%sand are\n%s", before, after)
			}
		})
	}
}

// endAt starts the experiment, ends it at a moment, and returns what it had
// then and what it left.
func endAt(t *testing.T, m moment, end func(pid int) error) (pid int, children []int, objects []bpfObject, got output) {
	t.Helper()
	cmd := vethtrace(t, "lab", "run", "reorder", "-d", "30s")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid = cmd.Process.Pid
	t.Cleanup(func() { lab.Down(reorderLab(pid)) })
	eventually(t, m.name, func() bool {
		children, objects = childrenOf(pid), bpfObjectsOf(pid)
		return m.reached(pid)
	})
	if err := end(pid); err != nil {
		t.Fatal(err)
	}
	got.status = wait(t, cmd)
	got.stderr = stderr.String()
	return pid, children, objects, got
}

func wantAllEnded(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		eventually(t, "its traffic has ended", func() bool { return ended(pid) })
	}
}

// The first line read, nobody reads on: it undoes everything all the same.
func TestLabRunReorderIntoClosedPipe(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	needTwoCPUs(t)
	cmd := vethtrace(t, "lab", "run", "reorder", "-d", "30s")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	out.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, cmd); status != 0 {
		t.Errorf("got exit status %d", status)
	}
	if left := leftOf(t, reorderLab(cmd.Process.Pid)); left != nil {
		t.Errorf("there is %q", left)
	}
}
