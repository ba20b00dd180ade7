// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// checkText asserts what holds for all text: printable ASCII, no trailing
// blanks, at most width columns.
func checkText(t *testing.T, text []byte, width int) {
	t.Helper()
	for n, line := range bytes.Split(text, []byte("\n")) {
		if width > 0 && len(line) > width {
			t.Errorf("line %d has %d columns, want at most %d: %q", n+1, len(line), width, line)
		}
		if bytes.HasSuffix(line, []byte(" ")) {
			t.Errorf("line %d ends in a blank: %q", n+1, line)
		}
		for _, c := range line {
			if c < ' ' || c > '~' {
				t.Errorf("line %d has byte %#x: %q", n+1, c, line)
			}
		}
	}
}
