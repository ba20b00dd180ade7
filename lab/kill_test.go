// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// killEnv makes the test binary a process that kills itself: a killed in JSON.
const killEnv = "VETHTRACE_LAB_KILL"

// killed is what a process is to do, and the step at which it dies.
type killed struct {
	Verb, Name string
	At         int
	Shape      Shape
	Settings   []Setting
}

// stride is from one step tested to the next: in an emulated machine each takes
// a second.
func stride() int {
	switch {
	case os.Getenv("VETHTRACE_TURN") != "":
		return 11
	case inVM:
		return 5
	}
	return 1
}

func dieAtStep(spec string) int {
	var k killed
	if err := json.Unmarshal([]byte(spec), &k); err != nil {
		return 2
	}
	n := 0
	step := func(string) {
		if n++; n == k.At {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	var err error
	switch k.Verb {
	case "up":
		_, err = up(Options{Name: k.Name, Shape: k.Shape}, step)
	case "down":
		_, err = down(k.Name, step)
	case "apply":
		_, err = apply(k.Name, k.Settings, step)
	case "undo":
		_, err = undo(k.Name, step)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// killedAt says whether the process was killed, as opposed to having finished
// before step n.
func killedAt(t *testing.T, verb, name string, n int) bool {
	t.Helper()
	return killed{Verb: verb, Name: name, At: n}.run(t)
}

func (k killed) run(t *testing.T) bool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	spec, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), killEnv+"="+string(spec))
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("step %d of %s: %v: %s", k.At, k.Verb, err, out)
	}
	return true
}

func TestUpKilledAtEachStep(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	name := labName(t)
	steps := 0
	for ; killedAt(t, "up", name, steps+1); steps += stride() {
		if steps/stride()%2 == 0 { // Down must clean up what was left, and so must Up
			if err := Down(name); err != nil {
				t.Fatalf("Down after step %d: %v", steps+1, err)
			}
			wantGone(t, name)
			wantEmptyRun(t)
			killedAt(t, "up", name, steps+1)
		}
		for i, end := range mustUp(t, name).Ends {
			if !end.Up || !end.IPv4.IsValid() || !end.IPv6.IsValid() {
				t.Errorf("Up after step %d: end %d is %+v", steps+1, i, end)
			}
		}
		if err := Down(name); err != nil {
			t.Fatal(err)
		}
		wantGone(t, name)
		wantEmptyRun(t)
	}
	if steps < 20 {
		t.Errorf("got %d steps, want each change to be one", steps)
	}
	t.Logf("killed at each of %d steps", steps)
}

func TestDownKilledAtEachStep(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	name := labName(t)
	steps := 0
	for {
		mustUp(t, name)
		if !killedAt(t, "down", name, steps+1) {
			break
		}
		if err := Down(name); err != nil {
			t.Fatalf("Down after step %d: %v", steps+1, err)
		}
		steps += stride()
		wantGone(t, name)
		wantEmptyRun(t)
	}
	wantGone(t, name)
	wantEmptyRun(t)
	if steps < 10 {
		t.Errorf("got %d steps, want each change to be one", steps)
	}
	t.Logf("killed at each of %d steps", steps)
}

// A namespace with a process in it loses its name and its devices at once.
func TestDownWithProcessInside(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	cmd := exec.Command("ip", "netns", "exec", l.Ends[0].Netns, "sh", "-c", "echo ready; read line; ls /sys/class/net")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewScanner(stdout)
	if !out.Scan() || out.Text() != "ready" {
		t.Fatalf("got %q, %v, want ready", out.Text(), out.Err())
	}
	if err := Down(name); err != nil {
		t.Error(err)
	}
	wantGone(t, name)
	mustUp(t, name)
	fmt.Fprintln(stdin, "go on")
	for out.Scan() {
		if out.Text() != "lo" {
			t.Errorf("device %q is still there", out.Text())
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
