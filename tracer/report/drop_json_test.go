// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"math"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

type dropLineJSON struct {
	Type       string      `json:"type"`
	TSNS       uint64      `json:"ts_ns"`
	DropNS     uint64      `json:"drop_ts_ns"`
	Kind       string      `json:"kind"`
	Tx         deviceJSON  `json:"tx"`
	Rx         *deviceJSON `json:"rx"`
	Cause      string      `json:"cause"`
	Reason     string      `json:"reason"`
	EnqueueCPU int         `json:"enqueue_cpu"`
	TargetCPU  *int        `json:"target_cpu"`
	QueueLen   *int        `json:"queue_len"`
	Len        uint32      `json:"len_bytes"`
	Flow       *flowJSON   `json:"flow"`
	Seq        *uint32     `json:"seq"`
	EndSeq     *uint32     `json:"end_seq"`
}

// The line of the contract, byte for byte.
func TestAppendDrop(t *testing.T) {
	want := `{"type":"drop","ts_ns":81213377123,"drop_ts_ns":81213378345,"kind":"veth",` +
		`"tx":{"netns":4026532256,"netns_name":"a","ifindex":2,"ifname":"eth0"},` +
		`"rx":{"netns":4026531840,"netns_name":"host","ifindex":7,"ifname":"veth57703b6"},` +
		`"cause":"backlog_full","reason":"CPU_BACKLOG","enqueue_cpu":0,"target_cpu":1,"queue_len":1001,"len_bytes":98,` +
		`"flow":{"family":"ipv4","proto":"udp","src":"10.9.0.1","sport":40312,"dst":"10.9.0.2","dport":9}}`
	if diff := cmp.Diff(want, string(AppendDrop(nil, testDrop()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExtremeDropRoundTrip(t *testing.T) {
	var d dropLineJSON
	decode(t, documents(t)["extreme drop"], &d)
	const name = "\x00\x1f\x7f\"\\</\n\ufffd\ufffd\u2028é"
	if d.TSNS != math.MaxUint64 || d.DropNS != math.MaxUint64 || d.Len != math.MaxUint32 || *d.QueueLen != math.MaxInt64 {
		t.Errorf("numbers changed: %+v", d)
	}
	if *d.Seq != math.MaxUint32 || *d.EndSeq != 0 {
		t.Errorf("the range changed: %+v", d)
	}
	if d.Reason != name || d.Rx.Ifname != name || d.Kind != "netkit" || d.Cause != "flow_limit" {
		t.Errorf("names changed: %+v", d)
	}
}

func FuzzDropWriter(f *testing.F) {
	schema := compileSchema(f)
	f.Add(uint64(1), "host", "CPU_BACKLOG", []byte{10, 9, 0, 1}, uint16(80), uint8(6), uint8(0), true)
	f.Add(^uint64(0), "\xff\x00", "\"\\\n", []byte("0123456789abcdef"), ^uint16(0), uint8(0), uint8(9), false)
	f.Fuzz(func(t *testing.T, n uint64, netns, reason string, addr []byte, port uint16, proto, which uint8, hasFlow bool) {
		d := testDrop()
		d.TSNS, d.DropNS, d.LenBytes, d.HasFlow = n, ^n, uint32(n), hasFlow
		d.Seq, d.EndSeq, d.HasSeq = uint32(n), uint32(^n), hasFlow
		d.Kind, d.Cause = tracer.Kind(which)%tracer.NumKinds, tracer.DropCause(which)%tracer.NumDropCauses
		d.Reason, d.TargetCPU, d.QueueLen = reason, int(which)-1, int(n>>1)
		d.Rx = tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: uint32(n) | 1, Ifindex: uint32(n>>32) | 1}, NetnsName: netns}
		if a, ok := netip.AddrFromSlice(addr); ok {
			d.Flow = tracer.FlowKey{Proto: proto, Src: netip.AddrPortFrom(a.WithZone(netns), port), Dst: netip.AddrPortFrom(a, ^port)}
		}
		line := AppendDrop(nil, d)
		if err := validate(schema, line); err != nil {
			t.Fatalf("%v\n%q", err, line)
		}
		var got dropLineJSON
		decode(t, line, &got)
		if want := throughJSON(t, reason); got.Reason != want {
			t.Errorf("reason %q became %q, want %q", reason, got.Reason, want)
		}
		if (got.TargetCPU == nil) != (d.TargetCPU < 0) || (got.Flow == nil) != !hasFlow || (got.Seq == nil) != !hasFlow {
			t.Errorf("what is not known is not absent: %s", line)
		}
	})
}

func TestWriteDropAllocates(t *testing.T) {
	w, d := NewHopWriter(io.Discard), testDrop()
	if n := testing.AllocsPerRun(100, func() { _ = w.WriteDrop(d) }); n != 0 {
		t.Errorf("%v allocations a drop, want 0", n)
	}
}
