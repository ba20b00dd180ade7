// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// hooks are all that tracing hangs on, in every mode.
var hooks = []string{"softirq", "receive", "gro_receive", "consume", "drop", "enqueue", "xmit"}

// autoModes are those that are chosen without --mode.
var autoModes = []string{"fentry", "tracepoint"}

func TestCheck(t *testing.T) {
	needRoot(t)
	got := runCommandLine(t, "check")
	_, verdict, _ := strings.Cut(got.stdout, "\nTracing will work, in ")
	mode, _, _ := strings.Cut(verdict, " mode. ")
	if got.status != 0 || got.stderr != "" || !slices.Contains(autoModes, mode) {
		t.Fatalf("got exit status %d, %q", got.status, got.stdout+got.stderr)
	}
	for _, name := range hooks {
		if !strings.Contains(got.stdout, " hook "+name+" ") {
			t.Errorf("hook %s is not in the table:\n%s", name, got.stdout)
		}
	}
	if strings.Contains(got.stdout, "FAIL") {
		t.Errorf("a check failed:\n%s", got.stdout)
	}
}

func TestCheckJSON(t *testing.T) {
	needRoot(t)
	doc := checkDoc(t, runCommandLine(t, "check", "--json"), 0)
	if !doc.OK || !slices.Contains(autoModes, doc.Mode) || doc.Kernel == "" || doc.Schema != 1 {
		t.Errorf("got %+v", doc)
	}
	found := make(map[string]string)
	for _, c := range doc.Checks {
		found[c.Name] = c.Found
		if c.OK != (c.Missing == "") || !c.OK && !c.Optional {
			t.Errorf("got %+v", c)
		}
	}
	for _, name := range hooks {
		if found["hook "+name] == "" {
			t.Errorf("hook %s is not there: %+v", name, doc.Checks)
		}
	}
}

func TestCheckAsNobody(t *testing.T) {
	got := finish(t, asNobody(t, "check"))
	if got.status != exitFailure || got.stderr != "" || !strings.Contains(got.stdout, "Tracing will not work") {
		t.Errorf("got exit status %d, %q", got.status, got.stdout+got.stderr)
	}
	missing := make(map[string]string)
	for _, c := range checkDoc(t, finish(t, asNobody(t, "check", "--json")), exitFailure).Checks {
		if !c.OK {
			missing[c.Name] = c.Missing
		}
	}
	for _, name := range []string{"CAP_BPF", "CAP_PERFMON"} {
		if !strings.Contains(got.stdout, "\nFAIL  "+name+" ") {
			t.Errorf("%s is not named:\n%s", name, got.stdout)
		}
		if !strings.Contains(missing[name], "run as root") {
			t.Errorf("%s: got %q, want what to do", name, missing[name])
		}
	}
}

type checkDocument struct {
	Type, Kernel, Mode string
	Schema             int
	OK                 bool
	Checks             []checkJSON
}

func checkDoc(t *testing.T, got output, status int) (doc checkDocument) {
	t.Helper()
	if got.status != status || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	if strings.Count(got.stdout, "\n") != 1 || !strings.HasPrefix(got.stdout, `{"type":"check",`) {
		t.Errorf("not one line that begins with its type: %q", got.stdout)
	}
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}
