// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// demo without a terminal is a report of some seconds, and nothing after it.
func TestDemo(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	before := hostLinks(t)
	cmd := vethtrace(t, "demo")
	got := finish(t, cmd)
	if got.status != 0 || got.stderr != "" {
		t.Errorf("got exit status %d, %q", got.status, got.stderr)
	}
	name := demoLab(cmd.Process.Pid)
	for _, want := range []string{"DEVICES", "vethtrace-" + name + "-a/eth0", "vethtrace-" + name + "-b/eth0"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got no %q in\n%s", want, got.stdout)
		}
	}
	if left := leftOf(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
}

// A signal ends demo early, and it removes everything. SIGHUP comes when the
// terminal is closed.
func TestDemoSignalled(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	journal := moment{"its journal", func(pid int) bool {
		return exists("/run/vethtrace/lab-" + demoLab(pid) + ".json")
	}}
	for i, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		// One map every process has for a moment, before main: a probe of the
		// package that loads.
		for j, m := range []moment{journal, holds("map_id", 2), holds("link_id", attachedHooks)} {
			if !inTurn(i, j) {
				continue
			}
			t.Run(s.String()+" at "+m.name, func(t *testing.T) {
				cmd := vethtrace(t, "demo")
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				pid := cmd.Process.Pid
				t.Cleanup(func() { lab.Down(demoLab(pid)) })
				var traffic []int
				var objects []bpfObject
				eventually(t, m.name, func() bool {
					traffic, objects = childrenOf(pid), bpfObjectsOf(pid)
					return m.reached(pid)
				})
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				if status := wait(t, cmd); status != 0 {
					t.Errorf("got exit status %d", status)
				}
				if left := leftOf(t, demoLab(pid)); left != nil {
					t.Errorf("there is %q", left)
				}
				for _, child := range traffic {
					eventually(t, "the traffic has ended", func() bool { return ended(child) })
				}
				wantUnloaded(t, objects)
			})
		}
	}
}
