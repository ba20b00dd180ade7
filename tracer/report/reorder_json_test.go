// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

type orderedJSON struct {
	EnqueueNS  uint64  `json:"enqueue_ns"`
	DeliverNS  uint64  `json:"deliver_ns"`
	EnqueueCPU int     `json:"enqueue_cpu"`
	RunCPU     int     `json:"run_cpu"`
	Path       string  `json:"path"`
	Runner     string  `json:"runner"`
	Steering   string  `json:"steering"`
	Sender     string  `json:"sender"`
	PID        *uint32 `json:"pid"`
	Queue      int     `json:"queue"`
	Seq        *uint32 `json:"seq"`
	EndSeq     *uint32 `json:"end_seq"`
}

type reorderLineJSON struct {
	Type         string      `json:"type"`
	TSNS         uint64      `json:"ts_ns"`
	Kind         string      `json:"kind"`
	Tx           deviceJSON  `json:"tx"`
	Rx           deviceJSON  `json:"rx"`
	Flow         flowJSON    `json:"flow"`
	Before       *flowJSON   `json:"flow_before_nat"`
	Late         orderedJSON `json:"late"`
	Overtaker    orderedJSON `json:"overtaker"`
	LateNS       uint64      `json:"late_ns"`
	Displacement uint32      `json:"displacement"`
	AtLeast      *bool       `json:"displacement_at_least"`
	Len          uint32      `json:"len_bytes"`
	Cause        string      `json:"cause"`
	Move         *struct {
		TSNS uint64 `json:"ts_ns"`
		PID  uint32 `json:"pid"`
		Comm string `json:"comm"`
		From int    `json:"from_cpu"`
		To   int    `json:"to_cpu"`
	} `json:"move"`
}

// The line of the contract, byte for byte.
func TestAppendReorder(t *testing.T) {
	want := `{"type":"reorder","ts_ns":81213377123,"kind":"veth",` +
		`"tx":{"netns":4026532256,"netns_name":"a","ifindex":2,"ifname":"eth0"},` +
		`"rx":{"netns":4026531840,"netns_name":"host","ifindex":7,"ifname":"veth57703b6"},` +
		`"flow":{"family":"ipv4","proto":"tcp","src":"10.9.0.1","sport":40312,"dst":"10.9.0.2","dport":5201},` +
		`"flow_before_nat":{"family":"ipv4","proto":"tcp","src":"10.9.0.1","sport":40312,"dst":"10.96.0.10","dport":80},` +
		`"late":{"enqueue_ns":81213000000,"deliver_ns":81213377123,"enqueue_cpu":0,"run_cpu":0,"path":"backlog",` +
		`"runner":"ksoftirqd","steering":"none","sender":"task","pid":1234,"queue":0,"seq":123,"end_seq":1571},` +
		`"overtaker":{"enqueue_ns":81213010000,"deliver_ns":81213067123,"enqueue_cpu":1,"run_cpu":1,"path":"backlog",` +
		`"runner":"inline","steering":"none","sender":"task","pid":1234,"queue":0,"seq":1571},` +
		`"late_ns":310000,"displacement":12,"displacement_at_least":false,"len_bytes":1514,"cause":"sender_moved",` +
		`"move":{"ts_ns":81213010000,"pid":1234,"comm":"iperf3","from_cpu":0,"to_cpu":1}}`
	if diff := cmp.Diff(want, string(AppendReorder(nil, testReorder()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExtremeReorderRoundTrip(t *testing.T) {
	var r reorderLineJSON
	decode(t, documents(t)["extreme reorder"], &r)
	const name = "\x00\x1f\x7f\"\\</\n\ufffd\ufffd\u2028é"
	if r.TSNS != math.MaxUint64 || r.LateNS != math.MaxUint64 || r.Displacement != math.MaxUint32 || !*r.AtLeast || r.Len != math.MaxUint32 {
		t.Errorf("numbers changed: %+v", r)
	}
	for _, p := range []orderedJSON{r.Late, r.Overtaker} {
		if p.EnqueueNS != math.MaxUint64 || p.DeliverNS != math.MaxUint64 || p.RunCPU != math.MaxInt64 ||
			*p.PID != math.MaxUint32 || *p.Seq != math.MaxUint32 || p.Queue != math.MaxInt64 {
			t.Errorf("a packet changed: %+v", p)
		}
	}
	if r.Move.Comm != name || r.Move.TSNS != math.MaxUint64 || r.Rx.Ifname != name || r.Cause != "threaded_napi" {
		t.Errorf("names changed: %+v", r)
	}
}

func FuzzReorderWriter(f *testing.F) {
	schema := compileSchema(f)
	f.Add(uint64(1), "iperf3", uint8(0), true)
	f.Add(^uint64(0), "\xff\x00\"\\\n", uint8(0xff), false)
	f.Fuzz(func(t *testing.T, n uint64, comm string, which uint8, known bool) {
		r := testReorder()
		r.TSNS, r.LateNS, r.Displacement, r.AtLeast, r.HasBefore = n, ^n, uint32(n), known, known
		r.Kind, r.Cause = tracer.Kind(which)%tracer.NumKinds, tracer.ReorderCause(which)%tracer.NumReorderCauses
		for i, p := range []*tracer.OrderedPacket{&r.Late, &r.Overtaker} {
			p.Path, p.Runner = tracer.Path(which)%tracer.NumPaths, tracer.Runner(which)%tracer.NumRunners
			p.Steering, p.Sender = tracer.Steering(which)%tracer.NumSteerings, tracer.Sender(int(which)+i)%tracer.NumSenders
			p.PID, p.Seq, p.EndSeq, p.HasSeq = uint32(n), uint32(n), uint32(^n), known
		}
		r.Move.Comm = comm
		if !known {
			r.Move = nil
		}
		line := AppendReorder(nil, r)
		if err := validate(schema, line); err != nil {
			t.Fatalf("%v\n%q", err, line)
		}
		var got reorderLineJSON
		decode(t, line, &got)
		if (got.Move == nil) != (r.Move == nil) || (got.Before == nil) != !known || (got.Late.Seq == nil) != !known ||
			(got.Late.PID == nil) != (r.Late.Sender != tracer.SenderTask) || got.Overtaker.EndSeq != nil {
			t.Errorf("what is not known is not absent: %s", line)
		}
		if got.Move != nil && got.Move.Comm != throughJSON(t, comm) {
			t.Errorf("task %q became %q", comm, got.Move.Comm)
		}
	})
}

func TestWriteReorderAllocates(t *testing.T) {
	w, r := NewHopWriter(io.Discard), testReorder()
	if n := testing.AllocsPerRun(100, func() { _ = w.WriteReorder(r) }); n != 0 {
		t.Errorf("%v allocations a reorder, want 0", n)
	}
}
