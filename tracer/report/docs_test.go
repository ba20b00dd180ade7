// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var (
	fence    = regexp.MustCompile("(?s)```json\n(.*?)```")
	shell    = regexp.MustCompile("(?s)```sh\n(.*?)```")
	property = regexp.MustCompile(`(?m)^\s*"([a-z0-9_]+)": \{`)
)

// pages are those for people, one after the other.
func pages(t *testing.T) (all []byte) {
	t.Helper()
	for _, name := range []string{"json", "reorder", "retransmit", "mark"} {
		page, err := os.ReadFile("../../docs/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
	}
	return all
}

// The pages show documents that are valid and name every field.
func TestDocs(t *testing.T) {
	page := pages(t)
	s := compileSchema(t)
	examples := fence.FindAllSubmatch(page, -1)
	if len(examples) < 7 {
		t.Errorf("%d examples, want one of each type", len(examples))
	}
	for _, e := range examples {
		if err := validate(s, e[1]); err != nil {
			t.Errorf("%v\n%s", err, e[1])
		}
	}
	var top struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(Schema(), &top); err != nil {
		t.Fatal(err)
	}
	for _, m := range property.FindAllSubmatch(Schema(), -1) {
		name := string(m[1])
		if _, def := top.Defs[name]; def || name == "properties" || name == "items" || name == "if" || name == "then" || name == "else" {
			continue
		}
		if !bytes.Contains(page, []byte("`"+name+"`")) && !bytes.Contains(page, []byte("."+name+"`")) {
			t.Errorf("docs/json.md, reorder.md, retransmit.md and mark.md do not name `%s`", name)
		}
	}
}

// The jq commands of the pages work on real output.
func TestDocsJQ(t *testing.T) {
	for _, name := range []string{"sh", "jq"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("looking for a program: %v", err)
		}
	}
	docs, dir := documents(t), t.TempDir()
	var trace []byte
	for _, name := range []string{
		"header", "hop", "napi hop", "drop", "bare drop", "reorder", "bare reorder",
		"retransmit", "bare retransmit", "lost retransmit", "failed retransmit", "bare footer",
	} {
		trace = append(trace, docs[name]...)
	}
	for name, content := range map[string][]byte{"trace.ndjson": trace, "stat.json": docs["reordered stat"]} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	scripts := shell.FindAllSubmatch(pages(t), -1)
	if len(scripts) < 3 {
		t.Fatalf("%d examples, want some on each page", len(scripts))
	}
	for _, script := range scripts {
		cmd := exec.Command("sh", "-e", "-c", string(script[1]))
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
	}
}
