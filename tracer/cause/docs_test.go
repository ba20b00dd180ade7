// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	named  = regexp.MustCompile(`(?:newCause\(|\bc\.ID[^=\n]* = )"([a-z0-9_]+)"`)
	row    = regexp.MustCompile("(?m)^\\| (`[^|]+) \\|")
	quoted = regexp.MustCompile("`([a-z0-9_]+)`")
)

// The page has a row for every cause, and no others.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/causes.md")
	if err != nil {
		t.Fatal(err)
	}
	there := make(map[string]bool)
	for _, r := range row.FindAllSubmatch(page, -1) {
		for _, id := range quoted.FindAllSubmatch(r[1], -1) {
			there[string(id[1])] = false
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil || len(there) == 0 {
		t.Fatalf("%d rows: %v", len(there), err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range named.FindAllSubmatch(source, -1) {
			if _, ok := there[string(id[1])]; !ok {
				t.Errorf("docs/causes.md has no row for %s of %s", id[1], name)
			}
			there[string(id[1])] = true
		}
	}
	for id, used := range there {
		if !used {
			t.Errorf("docs/causes.md has a row for %s, which is no cause", id)
		}
	}
}
