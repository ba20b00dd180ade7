// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vethtrace/vethtrace/tracer"
)

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(s *jsonschema.Schema, line []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// documents returns one JSON line of each kind, and of each kind of hop.
func documents(t testing.TB) map[string][]byte {
	t.Helper()
	docs := make(map[string][]byte)
	write := func(name string, fn func(*bytes.Buffer) error) {
		var b bytes.Buffer
		if err := fn(&b); err != nil {
			t.Fatal(err)
		}
		line := b.Bytes()
		if bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Errorf("%s: not one line: %q", name, line)
		}
		docs[name] = line
	}
	full := testRun()
	full.Filter, full.Warnings = "tcp", []string{"x"}
	full.Hooks, full.Kinds = missedHooks(), tracer.AllKinds()
	bare := tracer.Run{Kernel: "6.1.0", Mode: "kprobe"}
	write("header", func(b *bytes.Buffer) error { return WriteHeader(b, full, Sampling{Every: 10, SlowerThanNS: 5}) })
	write("bare header", func(b *bytes.Buffer) error { return WriteHeader(b, bare, Sampling{}) })
	write("hop", func(b *bytes.Buffer) error { return NewHopWriter(b).Write(testHop()) })
	write("napi hop", func(b *bytes.Buffer) error { return NewHopWriter(b).Write(napiHop()) })
	write("extreme hop", func(b *bytes.Buffer) error { return NewHopWriter(b).Write(extremeHop()) })
	write("drop", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteDrop(testDrop()) })
	write("bare drop", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteDrop(bareDrop()) })
	write("extreme drop", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteDrop(extremeDrop()) })
	write("reorder", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteReorder(testReorder()) })
	write("bare reorder", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteReorder(bareReorder()) })
	write("extreme reorder", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteReorder(extremeReorder()) })
	write("retransmit", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteRetransmit(testRetransmit()) })
	write("bare retransmit", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteRetransmit(bareRetransmit()) })
	write("lost retransmit", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteRetransmit(lostRetransmit()) })
	write("failed retransmit", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteRetransmit(failedRetransmit()) })
	write("extreme retransmit", func(b *bytes.Buffer) error { return NewHopWriter(b).WriteRetransmit(extremeRetransmit()) })
	write("footer", func(b *bytes.Buffer) error {
		return WriteFooter(b, testSnapshot(), Emission{Emitted: 5})
	})
	write("bare footer", func(b *bytes.Buffer) error { return WriteFooter(b, emptySnapshot(), Emission{}) })
	write("stat", func(b *bytes.Buffer) error { return WriteStatJSON(b, testSnapshot()) })
	write("reordered footer", func(b *bytes.Buffer) error {
		return WriteFooter(b, reorderedSnapshot(), Emission{Reorders: 240, Retransmits: 230, Sampling: Sampling{Events: 1<<EventReorder | 1<<EventRetransmit}})
	})
	write("reordered stat", func(b *bytes.Buffer) error { return WriteStatJSON(b, reorderedSnapshot()) })
	write("bare stat", func(b *bytes.Buffer) error { return WriteStatJSON(b, &tracer.Snapshot{Run: bare}) })
	write("extreme stat", func(b *bytes.Buffer) error { return WriteStatJSON(b, extremeSnapshot()) })
	return docs
}

func TestSchemaAccepts(t *testing.T) {
	s := compileSchema(t)
	for name, line := range documents(t) {
		if err := validate(s, line); err != nil {
			t.Errorf("%s: %v\n%s", name, err, line)
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(string(line), `{"type":"`), `"`)
		if !strings.HasSuffix(name, kind) {
			t.Errorf("%s begins with type %q", name, kind)
		}
	}
}

// edit replaces one part of a document, which must be there.
func edit(t *testing.T, line []byte, old, with string) []byte {
	t.Helper()
	if !bytes.Contains(line, []byte(old)) {
		t.Fatalf("no %s in %s", old, line)
	}
	return bytes.Replace(line, []byte(old), []byte(with), 1)
}

func TestSchemaRejects(t *testing.T) {
	s := compileSchema(t)
	docs := documents(t)
	for _, c := range []struct{ name, doc, old, with string }{
		{"missing type", "hop", `"type":"hop",`, ``},
		{"unknown type", "hop", `"type":"hop"`, `"type":"hip"`},
		{"missing number", "hop", `"run_cpu":1,`, ``},
		{"missing device", "hop", `"rx":{`, `"ry":{`},
		{"number as text", "hop", `"ts_ns":81213377123`, `"ts_ns":"81213377123"`},
		{"fraction", "hop", `"len_bytes":98`, `"len_bytes":98.5`},
		{"negative", "hop", `"queue":2900`, `"queue":-1`},
		{"negative CPU", "hop", `"enqueue_cpu":0`, `"enqueue_cpu":-1`},
		{"no segment", "hop", `"gso_segs":1`, `"gso_segs":0`},
		{"extra field", "hop", `"len_bytes"`, `"extra":1,"len_bytes"`},
		{"extra stage", "hop", `"softirq":120`, `"softirq":120,"tc":1`},
		{"unknown path", "hop", `"path":"backlog"`, `"path":"ipvlan"`},
		{"unknown runner", "hop", `"runner":"ksoftirqd"`, `"runner":"KSOFTIRQD"`},
		{"unknown family", "hop", `"family":"ipv4"`, `"family":"inet"`},
		{"unknown protocol", "hop", `"proto":"icmp"`, `"proto":"pim"`},
		{"port", "hop", `"sport":0`, `"sport":65536`},
		{"missing port", "hop", `"sport":0,`, ``},
		{"ifindex without namespace", "hop", `"netns":4026532256,`, ``},
		{"no ifindex", "hop", `"ifindex":2`, `"ifindex":0`},
		{"empty name", "hop", `"ifname":"eth0"`, `"ifname":""`},
		{"null flow", "hop", `"flow":{`, `"flow":null,"x":{`},
		{"unknown kind", "hop", `"kind":"veth"`, `"kind":"bridge"`},
		{"unknown steering", "hop", `"steering":"rps"`, `"steering":"unknown"`},
		{"negative target", "hop", `"target_cpu":1`, `"target_cpu":-1`},
		{"missing cause", "drop", `"cause":"backlog_full",`, ``},
		{"unknown cause", "drop", `"cause":"backlog_full"`, `"cause":"full"`},
		{"empty reason", "drop", `"reason":"CPU_BACKLOG"`, `"reason":""`},
		{"null reason", "drop", `"reason":"CPU_BACKLOG"`, `"reason":null`},
		{"unknown length", "drop", `"queue_len":1001`, `"queue_len":-1`},
		{"run CPU of a drop", "drop", `"target_cpu":1`, `"run_cpu":1`},
		{"half of a range", "extreme drop", `,"end_seq":0`, ``},
		{"large sequence number", "extreme drop", `"seq":4294967295`, `"seq":4294967296`},
		{"ping without number", "hop", `"dport":0}`, `"dport":0,"id":0}`},
		{"reorder without flow", "reorder", `"flow":{`, `"flaw":{`},
		{"unknown cause of a reorder", "reorder", `"cause":"sender_moved"`, `"cause":"moved"`},
		{"unknown sender", "reorder", `"sender":"task"`, `"sender":"unknown"`},
		{"softirq with a thread", "reorder", `"sender":"task"`, `"sender":"softirq"`},
		{"task without its thread", "reorder", `"pid":1234,"queue":0,"seq":123`, `"queue":0,"seq":123`},
		{"end of an overtaker", "reorder", `"seq":1571}`, `"seq":1571,"end_seq":1}`},
		{"empty task", "reorder", `"comm":"iperf3"`, `"comm":""`},
		{"unknown class", "retransmit", `"class":"fast"`, `"class":"FAST"`},
		{"unknown verdict", "retransmit", `"verdict":"reordered-at-hop"`, `"verdict":"reordered_at_hop"`},
		{"unknown state", "retransmit", `"state":"established"`, `"state":"unknown"`},
		{"no time measured", "retransmit", `"srtt_us":85`, `"srtt_us":0`},
		{"spurious without proof", "retransmit", `"spurious_proof":"dsack",`, ``},
		{"proof of nothing", "retransmit", `"spurious":true`, `"spurious":false`},
		{"error of a success", "failed retransmit", `"failed":true`, `"failed":false`},
		{"socket of a request", "failed retransmit", `"state":"established"`, `"state":"new-syn-recv"`},
		{"no socket", "bare retransmit", `"state":"new-syn-recv"`, `"state":"syn-recv"`},
		{"null chain", "bare retransmit", `"chain":{}`, `"chain":null`},
		{"missing overtaker", "retransmit", `"overtaker_ns":81213067123,`, ``},
		{"no events", "reordered footer", `"events":["reorder","retransmit"]`, `"events":[]`},
		{"retransmits as a number", "bare footer", `"retransmits":{`, `"retransmits":0,"x":{`},
		{"missing cause count", "reordered stat", `"threaded_napi":0}`, `"threaded":0}`},
		{"missing verdict count", "reordered stat", `"timeout":0`, `"timeouts":0`},
		{"missing order of CPUs", "stat", `"run_hops":39978,"reordered_hops":0`, `"run_hops":39978`},
		{"null recent", "reordered stat", `"recent":[]`, `"recent":null`},
		{"unknown counter", "reordered stat", `"TCPOFOQueue":4`, `"TCPOFO":4`},
		{"counter that is not there", "reordered stat", `"TCPOFOQueue":4`, `"TCPOFOQueue":-1`},
		{"missing kinds", "header", `"kinds":["veth",`, `"kind":["veth",`},
		{"unknown kind to trace", "header", `"kinds":["veth",`, `"kinds":["all",`},
		{"empty missed", "header", `"attached":"tracepoint netif_receive_skb"`, `"missed":""`},
		{"null hooks", "bare header", `"hooks":[]`, `"hooks":null`},
		{"missing drops", "footer", `"drops_emitted":0,`, ``},
		{"missing drop cause", "stat", `"flow_limit":0}`, `"flowlimit":0}`},
		{"missing steering", "stat", `"rfs":0}`, `"rfs":0.5}`},
		{"queue without quantiles", "stat", `"queue_len":{"count":0}`, `"queue_len":{"count":2}`},
		{"half of the queues", "stat", `"input_len":3,`, ``},
		{"schema number", "header", `"schema":1`, `"schema":2`},
		{"unknown mode", "header", `"mode":"tracepoint"`, `"mode":"magic"`},
		{"bad time", "header", `"started":"2026-`, `"started":"26-`},
		{"null warnings", "header", `"warnings":["x"]`, `"warnings":null`},
		{"every 0", "header", `"every":10`, `"every":0`},
		{"missing loss", "footer", `"recursion":0,`, ``},
		{"missing cost", "footer", `"user_cpu_ns":9000000,`, ``},
		{"hops_seen", "footer", `"hops_seen":39990`, `"hops_seen":-1`},
		{"cost a hop without runs", "footer", `"bpf_runs":159960,`, ``},
		{"zero quantiles", "stat", `{"count":0}`, `{"count":0,"p50_ns":0,"p90_ns":0,"p99_ns":0,"max_ns":0}`},
		{"count without quantiles", "stat", `{"count":0}`, `{"count":1}`},
		{"missing stage", "stat", `"xmit":`, `"tx":`},
		{"missing peer", "stat", `"peer":`, `"other":`},
		{"missing CPU number", "stat", `{"cpu":0,`, `{`},
		{"null flows", "bare stat", `"flows":[]`, `"flows":null`},
	} {
		line := edit(t, docs[c.doc], c.old, c.with)
		if !json.Valid(line) {
			t.Errorf("%s: the test made invalid JSON: %s", c.name, line)
		}
		if validate(s, line) == nil {
			t.Errorf("%s: accepted %s", c.name, line)
		}
	}
}
