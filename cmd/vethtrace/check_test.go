// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// tracepoints are all that tracing hangs on.
var tracepoints = []string{
	"net_dev_start_xmit", "netif_rx", "softirq_entry", "netif_receive_skb",
	"napi_gro_receive_entry", "kfree_skb", "consume_skb",
}

func TestCheck(t *testing.T) {
	needRoot(t)
	got := runCommandLine(t, "check")
	if got.status != 0 || got.stderr != "" || !strings.Contains(got.stdout, "\nTracing will work, in tracepoint mode.") {
		t.Fatalf("got exit status %d, %q", got.status, got.stdout+got.stderr)
	}
	for _, name := range tracepoints {
		if !strings.Contains(got.stdout, "\nok    tracepoint "+name+" ") {
			t.Errorf("tracepoint %s is not in the table:\n%s", name, got.stdout)
		}
	}
	if strings.Contains(got.stdout, "FAIL") {
		t.Errorf("a check failed:\n%s", got.stdout)
	}
}

func TestCheckJSON(t *testing.T) {
	needRoot(t)
	doc := checkDoc(t, runCommandLine(t, "check", "--json"), 0)
	if !doc.OK || doc.Mode != "tracepoint" || doc.Kernel == "" || doc.Schema != 1 {
		t.Errorf("got %+v", doc)
	}
	ok := make(map[string]bool)
	for _, c := range doc.Checks {
		ok[c.Name] = c.OK && c.Missing == ""
	}
	for _, name := range tracepoints {
		if !ok["tracepoint "+name] {
			t.Errorf("tracepoint %s is not there or not ok: %+v", name, doc.Checks)
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
