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

// The page for people shows documents that are valid and names every field.
func TestDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	s := compileSchema(t)
	examples := fence.FindAllSubmatch(page, -1)
	if len(examples) < 5 {
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
			t.Errorf("docs/json.md does not name `%s`", name)
		}
	}
}

// The jq commands of the page work on real output.
func TestDocsJQ(t *testing.T) {
	for _, name := range []string{"sh", "jq"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("looking for a program: %v", err)
		}
	}
	page, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	docs, dir := documents(t), t.TempDir()
	trace := bytes.Join([][]byte{docs["header"], docs["hop"], docs["napi hop"], docs["drop"], docs["bare drop"], docs["bare footer"]}, nil)
	for name, content := range map[string][]byte{"trace.ndjson": trace, "stat.json": docs["stat"]} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	scripts := shell.FindAllSubmatch(page, -1)
	if len(scripts) == 0 {
		t.Fatal("no examples")
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
