// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// keepSending starts traffic that goes on until the returned function ends it
// by a signal, and returns its document.
func keepSending(t *testing.T, args ...string) (cmd *exec.Cmd, end func(syscall.Signal) trafficJSON) {
	t.Helper()
	cmd = vethtrace(t, append([]string{"lab", "traffic"}, append(args, "--json", "-d", "0")...)...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, func(s syscall.Signal) (doc trafficJSON) {
		t.Helper()
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if status := wait(t, cmd); status != 0 || complaints.Len() > 0 {
			t.Fatalf("%q: got exit status %d, %q", args, status, complaints.String())
		}
		if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
			t.Fatalf("%v in %q", err, out.String())
		}
		return doc
	}
}

// threadOnOneCPU is a thread that may use one CPU only, and which one.
func threadOnOneCPU(pid int) (task string, cpu int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	for _, task := range tasks {
		status, _ := os.ReadFile(task + "/status")
		_, list, _ := strings.Cut(string(status), "Cpus_allowed_list:\t")
		list, _, _ = strings.Cut(list, "\n")
		if cpu, err := strconv.Atoi(list); err == nil {
			return task, cpu
		}
	}
	return "", -1
}

// taskStat is a field of the stat of a thread, counted from 1 as proc(5) does.
func taskStat(t *testing.T, task string, field int) int {
	t.Helper()
	stat, err := os.ReadFile(task + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // behind it, field 3
	n, err := strconv.Atoi(strings.Fields(rest)[field-3])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const statProcessor = 39 // of proc(5): the CPU last run on

// A sender that is pinned is on its CPU whenever the kernel is asked.
func TestLabTrafficPinned(t *testing.T) {
	onAnyKernel(t)
	needTwoCPUs(t)
	l := quietLab(t)
	for cpu := range 2 {
		cmd, end := keepSending(t, "stream", "--rate", "100M", "--cpu", strconv.Itoa(cpu), "--name", l.Name)
		var task string
		eventually(t, "a thread is pinned", func() (is bool) {
			var on int
			task, on = threadOnOneCPU(cmd.Process.Pid)
			return task != "" && on == cpu
		})
		for range 100 {
			if on := taskStat(t, task, statProcessor); on != cpu {
				t.Errorf("pinned to CPU %d, it is on %d", cpu, on)
			}
			time.Sleep(2 * time.Millisecond)
		}
		if doc := end(syscall.SIGINT); doc.Moves != 0 || doc.CPU == nil || *doc.CPU != cpu || doc.Bytes == 0 {
			t.Errorf("got %+v", doc)
		}
	}
}

// One that is moved is on both, and its document counts at least what is seen.
func TestLabTrafficMoved(t *testing.T) {
	onAnyKernel(t)
	needTwoCPUs(t)
	l := quietLab(t)
	for _, kind := range []string{"rr", "stream", "udp", "ping"} {
		cmd, end := keepSending(t, kind, "--rate", "1k", "--size", "100", "--migrate", "20ms", "--name", l.Name)
		var task string
		eventually(t, "a thread may use one CPU", func() bool {
			task, _ = threadOnOneCPU(cmd.Process.Pid)
			return task != ""
		})
		const enough = 6
		seen, was := uint64(0), taskStat(t, task, statProcessor)
		eventually(t, kind+" is moved", func() bool {
			if now := taskStat(t, task, statProcessor); now != was {
				seen, was = seen+1, now
			}
			return seen >= enough
		})
		if doc := end(syscall.SIGTERM); doc.Moves < seen || doc.MigrateNS != 20e6 || doc.CPU != nil || doc.Bytes == 0 {
			t.Errorf("%s: got %+v, seen were %d moves", kind, doc, seen)
		}
	}
}
