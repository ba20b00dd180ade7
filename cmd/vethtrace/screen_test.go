// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// screen is a terminal in a tmux server of its own.
type screen struct {
	t      *testing.T
	socket string
}

// startScreen runs vethtrace on a screen, between the words "before" and
// "status=N". env are shell assignments.
func startScreen(t *testing.T, width, height int, env string, args ...string) *screen {
	t.Helper()
	needRoot(t)
	needTool(t, "tmux")
	s := &screen{t, fmt.Sprintf("vethtrace-%d-%d", os.Getpid(), labNumber.Add(1))}
	t.Cleanup(func() { s.tmux("kill-server") })
	script := fmt.Sprintf("echo before; %s %s=1 '%s' %s; echo status=$?; exec cat", env, commandEnv, self(t), strings.Join(args, " "))
	s.must("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "sh", "-c", script)
	return s
}

func (s *screen) tmux(args ...string) (string, error) {
	cmd := exec.Command("tmux", append([]string{"-L", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=", "TERM=xterm-256color",
		"CI=") // with it no colour is shown on any terminal
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *screen) must(args ...string) string {
	s.t.Helper()
	out, err := s.tmux(args...)
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return out
}

func (s *screen) text() string {
	s.t.Helper()
	return s.must("capture-pane", "-p")
}

// vethtracePID returns the process that the shell in the pane runs.
func (s *screen) vethtracePID() (pid int) {
	s.t.Helper()
	shell, err := strconv.Atoi(strings.TrimSpace(s.must("display-message", "-p", "#{pane_pid}")))
	if err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "vethtrace runs", func() bool {
		for _, pid = range childrenOf(shell) {
			if commandOf(pid) != commandOf(shell) {
				return true
			}
		}
		return false
	})
	return pid
}

// press sends keys by tmux's names.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	s.must(append([]string{"send-keys"}, keys...)...)
}

func (s *screen) resize(width, height int) {
	s.t.Helper()
	s.must("resize-window", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height))
}

// wantFunc waits until the screen is as wanted, and returns it.
func (s *screen) wantFunc(what string, is func(text string) bool) (text string) {
	s.t.Helper()
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the screen is:\n%s", text)
		}
	}()
	eventually(s.t, what, func() bool { text = s.text(); return is(text) })
	return text
}

func (s *screen) want(words string) string {
	s.t.Helper()
	return s.wantFunc(fmt.Sprintf("the screen has %q", words), func(text string) bool {
		return strings.Contains(text, words)
	})
}

func (s *screen) wantNo(words string) string {
	s.t.Helper()
	return s.wantFunc(fmt.Sprintf("the screen has no %q", words), func(text string) bool {
		return !strings.Contains(text, words)
	})
}

// wantRestored waits for the end, and checks what it left on the screen.
func (s *screen) wantRestored(status int) string {
	s.t.Helper()
	text := s.want(fmt.Sprintf("status=%d", status))
	if !strings.HasPrefix(text, "before\n") {
		s.t.Errorf("the screen is not as it was:\n%s", text)
	}
	if got := s.must("display-message", "-p", "#{alternate_on} #{cursor_flag}"); got != "0 1\n" {
		s.t.Errorf("alternate screen and visible cursor: got %q, want 0 1", got)
	}
	return text
}
