// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// commandEnv makes the test binary the command itself, also for the children
// that the command starts.
const commandEnv = "VETHTRACE_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		main()
	}
	os.Exit(m.Run())
}

// modeEnv makes all commands that trace use this mode; empty leaves the choice
// to them.
const modeEnv = "VETHTRACE_MODE"

// vethtrace returns the command, not started yet. It is killed at the end of
// the test if it still runs.
func vethtrace(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, self(t), inMode(os.Getenv(modeEnv), args)...)
	cmd.Env = append(os.Environ(), commandEnv+"=1")
	cmd.WaitDelay = patience
	return cmd
}

// inMode adds --mode in front of the other options, which may say otherwise, of
// a command that has it.
func inMode(mode string, args []string) []string {
	if mode == "" || len(args) == 0 || !slices.Contains([]string{"top", "stat", "trace"}, args[0]) {
		return args
	}
	return slices.Concat(args[:1], []string{"--mode", mode}, args[1:])
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// output is what a process left.
type output struct {
	stdout, stderr string
	status         int
}

// finish runs a command to its end, which a deadline forces.
func finish(t *testing.T, cmd *exec.Cmd) output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if cmd.Stdout == nil {
		cmd.Stdout = &stdout
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &stderr
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	status := wait(t, cmd)
	return output{stdout.String(), stderr.String(), status}
}

// runCommandLine runs the command to its end.
func runCommandLine(t *testing.T, args ...string) output {
	t.Helper()
	return finish(t, vethtrace(t, args...))
}

// wait returns the exit status, 128 and the signal for a process that died of
// one.
func wait(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	if !late.Stop() {
		t.Fatalf("%q has not ended after %v", cmd.Args[1:], patience)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

// eventually polls until what is wanted is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > patience {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// wantSentence checks that a failure is told in one sentence that names what
// it is about, and that nothing else was printed.
func wantSentence(t *testing.T, got output, status int, names string) {
	t.Helper()
	if got.status != status {
		t.Errorf("got exit status %d, want %d", got.status, status)
	}
	if got.stdout != "" {
		t.Errorf("standard output: got %q, want nothing", got.stdout)
	}
	sentence, rest, _ := strings.Cut(got.stderr, "\n")
	hint := ""
	if status == exitUsage {
		hint = "Try 'vethtrace --help'.\n"
	}
	if rest != hint {
		t.Errorf("behind the sentence: got %q, want %q", rest, hint)
	}
	if !strings.HasPrefix(sentence, "vethtrace: ") || !strings.Contains(sentence, names) {
		t.Errorf("got %q, want a sentence from vethtrace about %q", sentence, names)
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// needTool skips a test that asks another program for its opinion.
func needTool(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("needs %s: %v", name, err)
	}
}

var labNumber atomic.Int32

// labName returns a name that is this test's alone, and removes what has it
// at the end.
func labName(t *testing.T) string {
	t.Helper()
	needRoot(t)
	name := fmt.Sprintf("c%d-%d", os.Getpid(), labNumber.Add(1))
	t.Cleanup(func() {
		if err := lab.Down(name); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	return name
}

// quietLab makes a lab without IPv6, over which only the test's own packets
// and their ARP go.
func quietLab(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Up(lab.Options{Name: labName(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, end := range l.Ends {
		inside(t, end, "sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6")
	}
	return l
}

// inside runs a program in the namespace of an end.
func inside(t *testing.T, end lab.End, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", append([]string{"netns", "exec", end.Netns}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q in %s: %v: %s", args, end.Netns, err, out)
	}
	return string(out)
}

// sendPings sends n echo requests from end a to end b, each after the reply to
// the one before.
func sendPings(t *testing.T, l *lab.Lab, n uint64) {
	t.Helper()
	r, err := lab.Ping{Count: n, CPU: -1}.Run(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if r.Packets != n || r.Received != n {
		t.Fatalf("%d pings sent, %d came back, want %d of both", r.Packets, r.Received, n)
	}
}

// keepPinging sends echo requests until the test ends or stop is called.
func keepPinging(t *testing.T, l *lab.Lab) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ping := lab.Ping{Interval: 2 * time.Millisecond, CPU: -1}
		if _, err := ping.Run(ctx, l); err != nil && ctx.Err() == nil {
			t.Errorf("pinging: %v", err)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}
