// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	packets "github.com/vethtrace/vethtrace/tracer/path"
)

func TestPathText(t *testing.T) {
	for name, p := range testPaths() {
		for _, width := range []int{0, 80} {
			var b bytes.Buffer
			if err := WritePath(&b, p, width); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("path-%s-%d.txt", name, width), b.Bytes())
			checkText(t, b.Bytes(), 0)
		}
	}
}

func compilePathSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(PathSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("path.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("path.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func pathDocument(t *testing.T, p *Path) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WritePathJSON(&b, p); err != nil {
		t.Fatal(err)
	}
	if bytes.IndexByte(b.Bytes(), '\n') != b.Len()-1 {
		t.Errorf("not one line: %q", b.Bytes())
	}
	return b.Bytes()
}

func TestPathJSON(t *testing.T) {
	s := compilePathSchema(t)
	for name, p := range testPaths() {
		if err := validate(s, pathDocument(t, p)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	doc := tree(t, pathDocument(t, testPaths()["explained"]))
	for _, c := range []struct {
		path []any
		want any
	}{
		{[]any{"packets", 0, "end", "outcome"}, "dropped"},
		{[]any{"packets", 0, "end", "last", "drop", "function"}, "ip_error"},
		{[]any{"packets", 0, "end", "in", "ifname"}, "br0"},
		{[]any{"packets", 0, "cause", "id"}, "ip_forward"},
		{[]any{"packets", 0, "cause", "cure", 0}, "ip netns exec router sysctl -w net.ipv4.ip_forward=1"},
		{[]any{"packets", 0, "resent"}, 0.0},
		{[]any{"packets", 2, "out", 5, "flow", "src"}, "10.88.2.1"},
		{[]any{"packets", 2, "answer_ns"}, 81_000_130_000.0},
		{[]any{"outcomes", "dropped"}, 2.0},
		{[]any{"outcomes", "left"}, 0.0},
		{[]any{"losses", "ringbuf"}, 0.0},
	} {
		if got, ok := at(doc, c.path...); !ok || got != c.want {
			t.Errorf("%v = %v, want %v", c.path, got, c.want)
		}
	}
	for _, absent := range [][]any{{"port"}, {"packets", 0, "answer_ns"}, {"packets", 2, "cause"}, {"packets", 0, "end", "error"}} {
		if got, ok := at(doc, absent...); ok {
			t.Errorf("%v = %v, want it absent", absent, got)
		}
	}
}

// The schema refuses what must not be.
func TestPathSchemaRefuses(t *testing.T) {
	s := compilePathSchema(t)
	for _, c := range []struct{ doc, old, with string }{
		{"answered", `"watched":false`, `"watched":true`},
		{"answered", `"point":"xmit"`, `"point":"tx"`},
		{"answered", `"point":"queue"`, `"point":"drop"`},
		{"explained", `"drop":{`, `"dropped":{`},
		{"explained", `"outcome":"dropped"`, `"outcome":"not_sent"`},
		{"explained", `"reason":"IP_INADDRERRORS"`, `"reason":""`},
		{"watched", `"mtu_bytes":1300`, `"mtu_bytes":0`},
		{"none", `"packets":[]`, `"packets":null`},
	} {
		line := edit(t, pathDocument(t, testPaths()[c.doc]), c.old, c.with)
		if validate(s, line) == nil {
			t.Errorf("%s with %s is accepted", c.doc, c.with)
		}
	}
}

// docs/path.md names every field.
func TestPathDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/path.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\s*"([a-z0-9_]+)": \{ ?["$]`).FindAllSubmatch(PathSchema(), -1) {
		if name := string(m[1]); !bytes.Contains(page, []byte("`"+name+"`")) && !defines(name) {
			t.Errorf("docs/path.md does not name `%s`", name)
		}
	}
}

// defines says whether a name of the schema is that of a type.
func defines(name string) bool {
	switch name {
	case "number", "word", "address", "if", "then", "else":
		return true
	}
	return false
}

func TestICMPNames(t *testing.T) {
	for want, e := range map[string]packets.ICMPError{
		"port unreachable":                {Proto: 1, Type: 3, Code: 3},
		"fragmentation needed (MTU 1300)": {Proto: 1, Type: 3, Code: 4, MTU: 1300},
		"TTL exceeded":                    {Proto: 1, Type: 11},
		"reassembly time exceeded":        {Proto: 1, Type: 11, Code: 1},
		"ICMP type 3, code 99":            {Proto: 1, Type: 3, Code: 99},
		"packet too big (MTU 1280)":       {Proto: 58, Type: 2, MTU: 1280},
		"hop limit exceeded":              {Proto: 58, Type: 3},
		"address unreachable":             {Proto: 58, Type: 1, Code: 3},
		"ICMPv6 type 1, code 99":          {Proto: 58, Type: 1, Code: 99},
	} {
		if got := icmpName(&e); got != want {
			t.Errorf("%+v: got %q, want %q", e, got, want)
		}
	}
}

// Names are not trusted.
func TestPathPlain(t *testing.T) {
	p := testPath(across(1, 0))
	p.To = "\x1b[2J"
	p.Result.Journeys[0].Out[0].Device.Ifname = "\x1b[31m"
	p.Result.Journeys[0].Out[1].Device.Ifname = "\x1b[31m"
	var b strings.Builder
	if err := WritePath(&b, p, 80); err != nil {
		t.Fatal(err)
	}
	checkText(t, []byte(b.String()), 0)
}
