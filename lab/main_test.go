// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(killEnv); spec != "" {
		os.Exit(dieAtStep(spec))
	}
	goleak.VerifyTestMain(m)
}

// inVM says that this is an emulated machine of make test-vm: slow, and its CPUs
// share one of the machine's.
var inVM = os.Getenv("VETHTRACE_VM") != ""

// patiently is d, or longer where everything takes longer.
func patiently(d time.Duration) time.Duration {
	if inVM {
		return 4 * d
	}
	return d
}

// needTurn leaves a topology to another kernel of make test-vm when those share
// tests out (VETHTRACE_TURN=1/4 is the second of four), and those that any
// machine has to it.
func needTurn(t *testing.T, topology Topology) {
	t.Helper()
	place, of := 0, 0
	if _, err := fmt.Sscanf(os.Getenv("VETHTRACE_TURN"), "%d/%d", &place, &of); err != nil || of < 1 {
		return
	}
	// These tests then run on the oldest and the newest, which has netkit.
	takes := map[Topology]int{IPVlanL2: 0, IPVlanL3: 0, IPVlanL3S: of - 1, Netkit: of - 1}
	if turn, rare := takes[topology]; !rare || turn != place {
		t.Skip("another machine's turn")
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if requireCaps() != nil {
		t.Skip("needs root")
	}
}

var labNumber atomic.Int32

// labName returns a name no other test uses, and removes its lab at the end.
func labName(t *testing.T) string {
	t.Helper()
	needRoot(t)
	name := fmt.Sprintf("t%d-%d", os.Getpid(), labNumber.Add(1))
	t.Cleanup(func() {
		if err := Down(name); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	return name
}

// netnsNames are those of the usual lab.
func netnsNames(lab string) [2]string {
	return [2]string{netnsName(lab, "a"), netnsName(lab, "b")}
}

func mustUp(t *testing.T, name string) *Lab {
	t.Helper()
	l, err := Up(Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func command(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// traces lists all that other tools can see of a lab.
func traces(t *testing.T, name string) (found []string) {
	t.Helper()
	for _, pattern := range []string{runDir + "/lab-" + name + ".*", netnsDir + "/vethtrace-" + name + "-*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, paths...)
	}
	for line := range strings.Lines(command(t, "ip", "netns", "list")) {
		if strings.Contains(line, "vethtrace-"+name+"-") {
			found = append(found, "ip netns: "+strings.TrimSpace(line))
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, "vethtrace-"+name+"-") {
			found = append(found, "mount: "+strings.TrimSpace(line))
		}
	}
	return found
}

func wantGone(t *testing.T, name string) {
	t.Helper()
	if got := traces(t, name); got != nil {
		t.Errorf("lab %q is down, but there is %q", name, got)
	}
	if _, err := Show(name); !errors.Is(err, ErrNoLab) {
		t.Errorf("Show: got %v, want %v", err, ErrNoLab)
	}
	labs, err := List()
	if err != nil || slices.Contains(labs, name) {
		t.Errorf("List: got %q, %v, want it without %q", labs, err, name)
	}
}

// hostLinks are the devices of the namespace the test runs in.
func hostLinks(t *testing.T) string {
	t.Helper()
	return command(t, "ip", "-o", "-br", "link")
}
