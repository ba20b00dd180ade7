// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/results"
)

func TestUsage(t *testing.T) {
	for arg, want := range map[string]string{
		"-kernels=4.19": `there is no kernel "4.19", choose from 5.10, 6.1, 6.12, sid`,
		"-modes=uprobe": `there is no mode "uprobe", choose from auto, fentry, kprobe, tracepoint`,
		"-run=(":        "reading -run",
		"-parallel=0":   "have to be positive",
		"./tracer":      "there are no arguments",
		"-nosuch":       "not defined",
	} {
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), []string{arg}, &stdout, &stderr); got != exitUsage {
			t.Errorf("%s: got exit status %d, want %d", arg, got, exitUsage)
		}
		if !strings.Contains(stderr.String(), want) || stdout.Len() > 0 {
			t.Errorf("%s: got %q and %q, want %q", arg, stderr.String(), stdout.String(), want)
		}
	}
}

func TestMissingCommands(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var stdout, stderr bytes.Buffer
	if got := run(t.Context(), nil, &stdout, &stderr); got != exitFailed {
		t.Errorf("got exit status %d, want %d", got, exitFailed)
	}
	want := "vmtest: booting kernels needs what is not installed: apt-get install qemu-system-x86 apt dpkg xz-utils zstd libc-bin\n"
	if got := stderr.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFrom(t *testing.T) {
	dir := t.TempDir()
	file, docs := filepath.Join(dir, "results.json"), filepath.Join(dir, "docs.md")
	for status, want := range map[results.Status]int{results.Pass: exitOK, results.Skip: exitOK, results.Fail: exitFailed} {
		runs := []results.Run{{Kernel: "6.1", Tests: []results.Test{{Package: "./p", Name: "TestA", Status: status}}}}
		if err := results.WriteJSON(file, runs); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if got := run(t.Context(), []string{"-from", file, "-docs", docs}, &stdout, &stderr); got != want {
			t.Errorf("%s: got exit status %d, %s, want %d", status, got, stderr.String(), want)
		}
		if text, err := os.ReadFile(docs); err != nil || !strings.Contains(string(text), "| 6.1 |") {
			t.Errorf("got %q, %v", text, err)
		}
	}
}

// Of a kernel that dies nothing is lost, and nothing after it passes.
func TestCollectorOfDeadKernel(t *testing.T) {
	step := func(pkg, mode string) guest.Step {
		return guest.Step{Package: guest.Package{Name: pkg}, Mode: mode}
	}
	plan := guest.Plan{Steps: []guest.Step{step("./a", "fentry"), step("./a", "kprobe"), step("./b", ""), step("./c", "")}}
	c := newCollector(io.Discard, plan)
	for _, r := range []guest.Record{
		{Kind: guest.Booted, Text: "6.1", Seconds: 3},
		{Kind: guest.Check, Text: "Tracing will work."},
		{Kind: guest.Start, Package: "./a", Mode: "fentry"},
		{Kind: guest.Output, Text: "=== RUN   TestA"},
		{Kind: guest.Output, Text: "--- PASS: TestA (0.00s)"},
		{Kind: guest.End, Package: "./a", Mode: "fentry", Seconds: 2},
		{Kind: guest.Start, Package: "./a", Mode: "kprobe"},
		{Kind: guest.Output, Text: "=== RUN   TestA"},
	} {
		c.record(r)
	}
	c.end(plan, "it died")
	failed := func(pkg, name, output string) results.Test {
		return results.Test{Package: pkg, Name: name, Status: results.Fail, Output: output}
	}
	const never = "it did not start: the kernel had died"
	want := []results.Run{
		{
			Kernel: "6.1", Mode: "fentry", Seconds: 2, BootSeconds: 3, Check: []string{"Tracing will work."},
			Tests: []results.Test{{Package: "./a", Name: "TestA", Status: results.Pass}},
		},
		{
			Kernel: "6.1", Mode: "kprobe", BootSeconds: 3,
			Tests: []results.Test{failed("./a", "TestA", "(it did not end)\nit died")},
		},
		{
			Kernel: "6.1", BootSeconds: 3,
			Tests: []results.Test{failed("./b", "", never), failed("./c", "", never)},
		},
	}
	if diff := cmp.Diff(want, c.runs(results.Run{Kernel: "6.1"})); diff != "" {
		t.Errorf("want(-), got(+):\n%s", diff)
	}
}
