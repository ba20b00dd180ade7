// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

func extremeHop() *tracer.Hop {
	h := testHop()
	h.TSNS = math.MaxUint64
	h.StagesNS = [tracer.NumStages]uint64{math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64}
	h.LenBytes, h.GSOSegs = math.MaxUint32, math.MaxUint32
	h.EnqueueCPU, h.RunCPU, h.TargetCPU, h.QueueLen = math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64
	h.Kind, h.Steering = tracer.KindLoopback, tracer.SteeringRFS
	h.Tx.DeviceID = tracer.DeviceID{Netns: math.MaxUint32, Ifindex: math.MaxUint32}
	h.Tx.Ifname = "abcdefghijklmno"
	h.Rx.Ifname = "\x00\x1f\x7f\"\\</\n\xff\xc3\u2028é"
	h.Flow = testFlow(255, "[fe80::1%eth0\"]:65535", "[::ffff:1.2.3.4]:0")
	h.Flow.ID = math.MaxUint16
	return h
}

func extremeDrop() *tracer.Drop {
	h := extremeHop()
	return &tracer.Drop{
		TSNS: math.MaxUint64, DropNS: math.MaxUint64, Tx: h.Tx, Rx: h.Rx, Kind: tracer.KindNetkit,
		Cause: tracer.DropFlowLimit, Reason: h.Rx.Ifname, EnqueueCPU: math.MaxInt64, TargetCPU: math.MaxInt64,
		QueueLen: math.MaxInt64, LenBytes: math.MaxUint32, Flow: h.Flow, HasFlow: true,
		Seq: math.MaxUint32, EndSeq: 0, HasSeq: true,
	}
}

func extremeSnapshot() *tracer.Snapshot {
	s := testSnapshot()
	s.Elapsed = math.MaxInt64
	s.Run.WallOffsetNS = math.MinInt64
	s.Run.Filter, s.Run.Warnings = "dev \"\xff<&>\"", []string{"a\nb"}
	d := &s.Devices[0]
	d.Name.Ifname = extremeHop().Rx.Ifname
	d.Hops, d.Bytes, d.GSOSegs, d.CrossCPU, d.Missed, d.Drops[tracer.DropOther] =
		math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64, math.MaxUint64
	d.Stages[tracer.StageTotal].Record(math.MaxUint64)
	s.CPUs[0].QueueLen.Record(math.MaxUint64)
	d.Reordered, d.Order = math.MaxUint64, &tracer.Order{MaxDisplacement: math.MaxUint64}
	s.Retransmits.Segs = math.MaxUint64
	s.TCP = []tracer.TCPFlow{{Key: tcpFlow(), Recent: []tracer.Retransmit{*extremeRetransmit()}}}
	s.Netns = []tracer.NetnsTCP{{Netns: 1, NetnsName: extremeHop().Rx.Ifname, Counters: [len(tracer.TCPCounterNames)]int64{math.MaxInt64, math.MinInt64}}}
	s.Cost.BPFRuns, s.Cost.BPFTime = math.MaxUint64, math.MaxInt64
	return s
}

// decode reads a line into v, which must have room for every field in it.
func decode(t *testing.T, line []byte, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v\n%s", err, line)
	}
}

func tree(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var m map[string]any
	decode(t, line, &m)
	return m
}

// at walks into nested objects and arrays.
func at(v any, path ...any) (any, bool) {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				return nil, false
			}
			if v, ok = m[p]; !ok {
				return nil, false
			}
		case int:
			a, ok := v.([]any)
			if !ok || p >= len(a) {
				return nil, false
			}
			v = a[p]
		}
	}
	return v, true
}

type path = []any

func TestZeroIsPresent(t *testing.T) {
	docs := documents(t)
	for doc, paths := range map[string][]path{
		"hop":               {{"enqueue_cpu"}, {"queue_len"}, {"flow", "sport"}, {"flow", "dport"}},
		"drop":              {{"enqueue_cpu"}},
		"extreme drop":      {{"end_seq"}},
		"reorder":           {{"late", "enqueue_cpu"}, {"late", "run_cpu"}, {"late", "queue"}, {"move", "from_cpu"}},
		"bare reorder":      {{"late_ns"}, {"len_bytes"}, {"late", "enqueue_ns"}, {"overtaker", "run_cpu"}},
		"failed retransmit": {{"segs"}, {"seq"}, {"backoff"}, {"reord_seen"}, {"cwnd_segs"}},
		"retransmit":        {{"backoff"}, {"chain", "overtaken", "run_cpu"}},
		"bare header":       {{"sampling", "slower_than_ns"}, {"wall_offset_ns"}},
		"bare footer":       {{"hops_seen"}, {"hops_emitted"}, {"hops_sampled_out"}, {"hops_unread"}, {"drops", "other"}, {"drops_emitted"}, {"reordered_hops"}, {"reorders_emitted"}, {"retransmits", "segs"}, {"retransmits_emitted"}, {"losses", "rare_ringbuf"}, {"losses", "order_unknown"}, {"losses", "missed_slots"}, {"losses", "ringbuf"}, {"cost", "user_cpu_ns"}},
		"bare stat":         {{"duration_ns"}, {"losses", "clock_backwards"}, {"cost", "rss_bytes"}, {"retransmits", "causes", "unknown"}},
		"stat": {
			{"devices", 0, "dropped_hops"}, {"devices", 1, "missed"}, {"devices", 1, "cross_cpu_hops"},
			{"devices", 0, "paths", "xdp"}, {"devices", 0, "runners", "threaded"}, {"devices", 1, "stages", "xmit", "count"},
			{"devices", 2, "hops"}, {"devices", 2, "bytes"}, {"devices", 2, "gso_segs"},
			{"devices", 0, "reordered_hops"}, {"flows", 0, "reordered_hops"}, {"flows", 0, "retransmits"}, {"flows", 0, "retransmit_segs"},
			{"cpus", 0, "reordered_hops"}, {"cpu_pairs", 0, "reordered_hops"}, {"retransmits", "events"},
			{"flows", 1, "cross_cpu_hops"}, {"flows", 2, "flow", "dport"},
			{"cpus", 0, "cpu"}, {"cpus", 2, "run_hops"}, {"cpus", 2, "enqueued_hops"}, {"cpus", 2, "softnet", "processed"},
			{"devices", 0, "drops", "xdp"}, {"devices", 2, "steering", "rfs"}, {"flows", 0, "drops", "flow_limit"}, {"flows", 0, "steering", "none"},
			{"cpus", 0, "drops", "backlog"}, {"cpus", 2, "queue_len", "count"}, {"cpus", 0, "queue_len", "p50"}, {"cpu_pairs", 0, "steering", "rps"},
			{"cpus", 2, "softnet", "backlog_len"}, {"cpu_pairs", 0, "run_cpu"}, {"losses", "recursion"},
		},
	} {
		v := tree(t, docs[doc])
		for _, p := range paths {
			if got, ok := at(v, p...); !ok || got != 0.0 {
				t.Errorf("%s: %v = %v, want 0", doc, p, got)
			}
		}
	}
	for _, name := range []string{"devices", "flows", "cpus", "cpu_pairs", "tcp", "netns_tcp", "warnings", "kinds", "hooks"} {
		if got, _ := at(tree(t, docs["bare stat"]), name); !cmp.Equal(got, []any{}) {
			t.Errorf("%s = %v, want []", name, got)
		}
	}
}

func TestUnknownIsAbsent(t *testing.T) {
	docs := documents(t)
	h := testHop()
	h.HasFlow, h.Tx, h.Rx.NetnsName = false, noNames, ""
	h.StageKnown = [tracer.NumStages]bool{}
	docs["hop without flow"] = AppendHop(nil, h)
	still := testReorder() // the task had ended before its name was read
	still.Move.Comm = ""
	docs["reorder without task"] = AppendReorder(nil, still)
	for doc, paths := range map[string][]path{
		"napi hop":         {{"stages_ns", "xmit"}, {"steering"}, {"target_cpu"}, {"queue_len"}},
		"header":           {{"hooks", 0, "missed"}, {"hooks", 3, "attached"}},
		"hop without flow": {{"flow"}, {"tx", "netns_name"}, {"tx", "ifname"}, {"rx", "netns_name"}, {"stages_ns", "total"}},
		"bare drop":        {{"rx"}, {"reason"}, {"target_cpu"}, {"queue_len"}, {"flow"}, {"tx", "ifname"}, {"seq"}, {"end_seq"}},
		"hop":              {{"flow", "id"}},
		"bare reorder":     {{"flow_before_nat"}, {"late", "steering"}, {"late", "sender"}, {"late", "pid"}, {"late", "seq"}, {"late", "end_seq"}, {"move"}},
		"reorder":          {{"overtaker", "end_seq"}},
		"bare retransmit": {
			{"netns_name"}, {"device"}, {"peer"}, {"errno"}, {"seq"}, {"cwnd_segs"}, {"srtt_us"}, {"ca_state"},
			{"spurious_proof"}, {"chain", "overtaken"}, {"chain", "dropped"}, {"chain", "hole_ns"},
		},
		"failed retransmit":    {{"srtt_us"}},
		"reorder without task": {{"move", "comm"}},
		"bare header":          {{"filter"}, {"clocksource"}},
		"bare footer":          {{"cost", "bpf_runs"}, {"cost", "bpf_ns_per_hop"}},
		"bare stat":            {{"filter"}, {"clocksource"}},
		"stat": {
			{"filter"}, {"devices", 0, "reorder"}, {"flows", 0, "reorder"}, {"devices", 2, "netns_name"}, {"devices", 2, "ifname"},
			{"devices", 1, "stages", "xmit", "p50_ns"}, {"devices", 2, "stages", "total", "max_ns"},
			{"cpus", 2, "queue_len", "max"}, {"cpus", 0, "softnet", "input_len"}, {"cpus", 0, "softnet", "process_len"},
		},
	} {
		v := tree(t, docs[doc])
		for _, p := range paths {
			if got, ok := at(v, p...); ok {
				t.Errorf("%s: %v = %v, want it absent", doc, p, got)
			}
		}
	}
	s := emptySnapshot() // BPF statistics on, but no hop to divide by
	s.Cost.BPFStats, s.Cost.BPFRuns, s.Cost.BPFTime = true, 0, time.Second
	var b strings.Builder
	if err := WriteStatJSON(&b, s); err != nil {
		t.Fatal(err)
	}
	v := tree(t, []byte(b.String()))
	if got, ok := at(v, "cost", "bpf_runs"); !ok || got != 0.0 {
		t.Errorf("bpf_runs = %v, want 0", got)
	}
	if got, ok := at(v, "cost", "bpf_ns_per_hop"); ok {
		t.Errorf("bpf_ns_per_hop = %v, want it absent", got)
	}
}

func TestExtremesRoundTrip(t *testing.T) {
	docs := documents(t)
	name := "\x00\x1f\x7f\"\\</\n\ufffd\ufffd\u2028é" // a byte that is not UTF-8 becomes U+FFFD
	h := readHop(t, docs["extreme hop"])
	want := extremeHop()
	if h.TSNS != math.MaxUint64 || h.Stages["total"] != math.MaxUint64 || h.Len != math.MaxUint32 || h.RunCPU != math.MaxInt64 {
		t.Errorf("numbers changed: %+v", h)
	}
	if h.Tx.Ifname != want.Tx.Ifname || h.Tx.Ifindex != math.MaxUint32 || h.Rx.Ifname != name {
		t.Errorf("devices changed: %+v %+v", h.Tx, h.Rx)
	}
	if diff := cmp.Diff(flowJSON{"ipv6", "255", "fe80::1", 65535, "::ffff:1.2.3.4", 0, 65535}, *h.Flow); diff != "" {
		t.Errorf("flow (-want +got):\n%s", diff)
	}
	var s struct {
		Duration int64    `json:"duration_ns"`
		Offset   int64    `json:"wall_offset_ns"`
		Filter   string   `json:"filter"`
		Warnings []string `json:"warnings"`
		Devices  []struct {
			Ifname string `json:"ifname"`
			Hops   uint64 `json:"hops"`
			Missed uint64 `json:"missed"`
			Stages map[string]struct {
				Max uint64 `json:"max_ns"`
			} `json:"stages"`
		} `json:"devices"`
	}
	if err := json.Unmarshal(docs["extreme stat"], &s); err != nil {
		t.Fatal(err)
	}
	d := s.Devices[0]
	if d.Ifname != name || d.Hops != math.MaxUint64 || d.Missed != math.MaxUint64 || d.Stages["total"].Max != math.MaxUint64 {
		t.Errorf("device changed: %+v", d)
	}
	if s.Duration != math.MaxInt64 || s.Offset != math.MinInt64 || s.Filter != "dev \"\ufffd<&>\"" || s.Warnings[0] != "a\nb" {
		t.Errorf("run changed: %+v", s)
	}
}
