// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// moment is when a process is killed.
type moment struct {
	name    string
	reached func(pid int) bool
}

// holds is the moment when a process has so many objects of a kind.
func holds(kind string, n int) moment {
	return moment{fmt.Sprintf("%d %s", n, kind), func(pid int) bool {
		return countKind(bpfObjectsOf(pid), kind) >= n
	}}
}

var moments = []moment{
	holds("map_id", 1),
	holds("prog_id", 3),
	holds("link_id", 1),
	holds("link_id", attachedHooks),
}

// The kernel removes everything, whenever the process dies.
func TestKilledWhileTracing(t *testing.T) {
	l := quietLab(t)
	keepPinging(t, l)
	for i, args := range [][]string{
		{"trace", "--json", "--netns", l.Ends[0].Netns},
		{"stat", "-d", "60s", "--netns", l.Ends[0].Netns},
		{"top", "--netns", l.Ends[0].Netns},
	} {
		for j, m := range moments {
			if !inTurn(i+1, j) {
				continue
			}
			t.Run(args[0]+" at "+m.name, func(t *testing.T) {
				cmd := vethtrace(t, args...)
				if args[0] == "top" {
					newPTY(t, 80, 24).attach(cmd)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				wantUnloaded(t, killAt(t, cmd, m))
			})
		}
	}
}

// killAt kills a process, and returns what it had in the kernel then.
func killAt(t *testing.T, cmd *exec.Cmd, m moment) []bpfObject {
	t.Helper()
	pid := cmd.Process.Pid
	eventually(t, m.name, func() bool {
		if ended(pid) {
			t.Fatalf("%q has ended before it had %s", cmd.Args[1:], m.name)
		}
		return m.reached(pid)
	})
	// Stopped, it takes no more than what is listed.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it stands still", func() bool { return stopped(pid) })
	objects := bpfObjectsOf(pid)
	for _, o := range objects {
		if !o.exists(t) {
			t.Errorf("%s %d does not exist in its owner's life", o.kind, o.id)
		}
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, cmd); status != 128+int(syscall.SIGKILL) {
		t.Errorf("got exit status %d, want that of a kill", status)
	}
	return objects
}

// A killed demo leaves a lab, which `lab down` removes; its traffic ends by
// itself.
func TestKilledDemo(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	for i, m := range []moment{
		{"its journal", func(pid int) bool { return exists(fmt.Sprintf("/run/vethtrace/lab-%s.json", demoLab(pid))) }},
		{"a namespace", func(pid int) bool { return exists("/run/netns/vethtrace-" + demoLab(pid) + "-a") }},
		{"a child", func(pid int) bool { return len(childrenOf(pid)) > 0 }},
		holds("prog_id", 1),
		holds("link_id", attachedHooks),
	} {
		if !inTurn(i%3, 1) {
			continue
		}
		t.Run("at "+m.name, func(t *testing.T) {
			before := hostLinks(t)
			cmd := vethtrace(t, "demo")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			pid := cmd.Process.Pid
			name := demoLab(pid)
			t.Cleanup(func() { lab.Down(name) })
			var traffic []int
			objects := killAt(t, cmd, moment{m.name, func(pid int) bool {
				traffic = childrenOf(pid)
				return m.reached(pid)
			}})
			for _, child := range traffic {
				eventually(t, "the traffic has ended", func() bool { return ended(child) })
			}
			wantUnloaded(t, objects)
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

func demoLab(pid int) string { return "demo-" + strconv.Itoa(pid) }

func exists(pattern string) bool {
	found, _ := filepath.Glob(pattern)
	return found != nil
}
