// SPDX-License-Identifier: Apache-2.0

package results

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var sampleRuns = []Run{
	{
		Kernel: "5.10", Release: "5.10.0-46-cloud-amd64", Suites: []string{"bullseye", "bullseye-security"},
		Seconds: 12.345, BootSeconds: 5.64,
		Tests: []Test{
			{Package: "./tracer", Name: "TestA", Status: Pass},
			{Package: "./tracer", Name: "TestFentry", Status: Skip, Reason: "needs BTF of modules | kernel >= 5.11"},
			{Package: "./lab", Name: "TestUp/x", Status: Fail, Output: "    up_test.go:1: got <nil>"},
		},
	},
	{
		Kernel: "6.12", Release: "6.12.117+deb12-cloud-amd64", Suites: []string{"bookworm-backports"}, Mode: "kprobe",
		Seconds: 100, BootSeconds: 3.1,
		Tests: []Test{
			{Package: "./tracer", Name: "TestA", Status: Pass},
			{Package: "./tracer", Name: "TestFentry", Status: Skip, Reason: "needs BTF of modules | kernel >= 5.11"},
			{Package: "./lab", Status: Fail, Output: "leaks found"},
		},
	},
	{
		Kernel: "6.12", Release: "6.12.117+deb12-cloud-amd64", Suites: []string{"bookworm-backports"}, Mode: "fentry",
		Seconds: 90, BootSeconds: 3.1, Check: []string{"ok    BTF", "", "Tracing will work."},
		Tests: []Test{
			{Package: "./tracer", Name: "TestA", Status: Skip, Reason: "needs luck"},
			{Package: "./tracer", Name: "TestFentry", Status: Pass},
			{Package: "./tracer", Name: "TestRoot", Status: Skip, Reason: "needs a user who is not root"},
		},
	},
	{
		Kernel: "6.12 +thread_backlog_napi", Release: "6.12.117+deb12-cloud-amd64", Mode: "fentry",
		Seconds: 1, BootSeconds: 3.1,
		Tests: []Test{{Package: "./tracer", Name: "TestFentry", Status: Skip, Reason: "needs BTF of modules | kernel >= 5.11"}},
	},
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("want(-), got(+):\n%s", diff)
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	if err := Table(&b, sampleRuns); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.String())
}

func TestFailures(t *testing.T) {
	var b bytes.Buffer
	for _, r := range sampleRuns {
		Failures(&b, r)
	}
	golden(t, "failures.txt", b.String())
}

func TestDocs(t *testing.T) {
	var b bytes.Buffer
	if err := Docs(&b, sampleRuns); err != nil {
		t.Fatal(err)
	}
	golden(t, "compatibility.md", b.String())
}

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	if err := WriteJSON(path, sampleRuns); err != nil {
		t.Fatal(err)
	}
	got, err := ReadJSON(path)
	if diff := cmp.Diff(sampleRuns, got); err != nil || diff != "" {
		t.Errorf("%v, want(-), got(+):\n%s", err, diff)
	}
}
