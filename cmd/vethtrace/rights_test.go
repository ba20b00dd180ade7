// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const nobody = 65534

// asNobody makes the command run without any right. It is started through
// /proc/self/exe, since nobody may not walk to the test binary.
func asNobody(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	needRoot(t)
	cmd := vethtrace(t, args...)
	cmd.Path, cmd.Dir = "/proc/self/exe", "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

func TestWithoutRights(t *testing.T) {
	const tracing, lab = "tracing needs root, or CAP_BPF and CAP_PERFMON", "CAP_NET_ADMIN and CAP_SYS_ADMIN"
	for args, names := range map[string]string{
		"trace":                         tracing,
		"trace --json -n 1":             tracing,
		"stat":                          tracing,
		"stat --json -- true":           tracing,
		"demo":                          lab,
		"lab up --name nobodys":         lab,
		"lab down --name nobodys":       lab,
		"lab show --name nobodys":       lab,
		"lab traffic --name nobodys":    lab,
		"trace --netns 1":               "permission denied",
		"stat --own-cost --proto tcp":   tracing,
		"stat --netns /proc/1/ns/net":   "permission denied",
		"trace --addr 10.0.0.0/8 -n 1":  tracing,
		"trace --slower-than 1ms --dev": "--dev",
	} {
		t.Run(args, func(t *testing.T) {
			status := exitFailure
			if strings.HasSuffix(args, "--dev") {
				status = exitUsage // comes first
			}
			wantSentence(t, finish(t, asNobody(t, strings.Fields(args)...)), status, names)
		})
	}
	t.Run("top", func(t *testing.T) {
		p := newPTY(t, 80, 24)
		cmd := p.attach(asNobody(t, "top"))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		got := output{status: wait(t, cmd), stderr: p.text(t)}
		wantSentence(t, got, exitFailure, tracing)
	})
	if left := leftOf(t, "nobodys"); left != nil {
		t.Errorf("there is %q", left)
	}
}

// A report that cannot be made does not destroy the one before.
func TestReportStaysWithoutRights(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	dir, err := os.MkdirTemp("", "vethtrace") // not t.TempDir, where nobody cannot go
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "report")
	if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{dir, path} {
		if err := os.Chown(p, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	wantSentence(t, finish(t, asNobody(t, "stat", "-o", path)), exitFailure, "CAP_BPF")
	if got, err := os.ReadFile(path); err != nil || string(got) != "before" {
		t.Errorf("the report is now %q, %v", got, err)
	}
	fresh := filepath.Join(dir, "fresh")
	finish(t, asNobody(t, "stat", "-o", fresh))
	if _, err := os.Stat(fresh); err == nil {
		t.Error("an empty report was left behind")
	}
}
