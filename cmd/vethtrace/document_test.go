// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vethtrace/vethtrace/tracer/report"
)

var compiledSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.Schema()))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("schema.json")
})

// record is a line of JSON output, as far as these tests look into it.
type record struct {
	Type           string
	Devices, Flows []statRecord
	TX, RX         deviceRecord
	Flow           *flowRecord
	Losses         map[string]uint64
	Warnings       []string
	RunCPU         *int              `json:"run_cpu"`
	EnqueueCPU     *int              `json:"enqueue_cpu"`
	StagesNS       map[string]uint64 `json:"stages_ns"`
	LenBytes       uint64            `json:"len_bytes"`
	DurationNS     uint64            `json:"duration_ns"`
	HopsSeen       uint64            `json:"hops_seen"`
	HopsEmitted    uint64            `json:"hops_emitted"`
	HopsSampledOut uint64            `json:"hops_sampled_out"`
	HopsUnread     uint64            `json:"hops_unread"`
	Mode           string
	Kinds          []string
	Cause          string
	Drops          map[string]uint64
	DropTSNS       uint64 `json:"drop_ts_ns"`
	TSNS           uint64 `json:"ts_ns"`
	DropsEmitted   uint64 `json:"drops_emitted"`
}

type deviceRecord struct {
	Netns     uint64
	NetnsName string `json:"netns_name"`
	Ifindex   int
	Ifname    string
}

type flowRecord struct {
	Proto, Src, Dst string
	Sport, Dport    *int
}

type statRecord struct {
	deviceRecord
	Peer, Device deviceRecord
	Flow         flowRecord
	Hops         uint64
	Missed       uint64
	Kind         string
	Drops        map[string]uint64
}

// parse checks a line against the schema and decodes it.
func parse(t *testing.T, line string) (r record) {
	t.Helper()
	schema, err := compiledSchema()
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
	if err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	if err := schema.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, line)
	}
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(line, `{"type":"`+r.Type+`",`) {
		t.Errorf("type is not first in %s", line)
	}
	return r
}

func parseLines(t *testing.T, text string) (all []record) {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line has no end: %q", text[max(0, len(text)-80):])
	}
	for line := range strings.Lines(text) {
		// Marks are of all labs, others' too.
		if r := parse(t, strings.TrimSuffix(line, "\n")); r.Type != "mark" {
			all = append(all, r)
		}
	}
	return all
}

// wantTrace checks that records are one header, hops and drops, and one footer
// which accounts for them, and returns the hops.
func wantTrace(t *testing.T, all []record) []record {
	t.Helper()
	if len(all) < 2 || all[0].Type != "header" || all[len(all)-1].Type != "footer" {
		t.Fatalf("not a header, hops and a footer: %+v", all)
	}
	hops, drops, footer := ofType(all, "hop"), ofType(all, "drop"), all[len(all)-1]
	rare := len(ofType(all, "reorder")) + len(ofType(all, "retransmit"))
	if len(hops)+len(drops)+rare != len(all)-2 {
		t.Fatalf("got %d hops, %d drops and %d rare ones of %d lines", len(hops), len(drops), rare, len(all))
	}
	if footer.DropsEmitted != uint64(len(drops)) {
		t.Errorf("the footer says %d drops were emitted, and there are %d", footer.DropsEmitted, len(drops))
	}
	if footer.HopsEmitted != uint64(len(hops)) {
		t.Errorf("the footer says %d hops were emitted, and there are %d", footer.HopsEmitted, len(hops))
	}
	return hops
}

func ofType(all []record, name string) (some []record) {
	for _, r := range all {
		if r.Type == name {
			some = append(some, r)
		}
	}
	return some
}

func wantNoLosses(t *testing.T, r record) {
	t.Helper()
	if len(r.Losses) == 0 {
		t.Errorf("got no losses at all in the %s", r.Type)
	}
	for name, n := range r.Losses {
		// Another CPU may hold a flow for too long.
		if n != 0 && name != "order_unknown" {
			t.Errorf("got %d %s", n, name)
		}
	}
}
