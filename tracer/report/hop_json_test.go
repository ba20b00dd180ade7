// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"io"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

// hopJSON is a hop as a reader with encoding/json gets it.
type hopJSON struct {
	Type       string            `json:"type"`
	TSNS       uint64            `json:"ts_ns"`
	Path       string            `json:"path"`
	Kind       string            `json:"kind"`
	Tx         deviceJSON        `json:"tx"`
	Rx         deviceJSON        `json:"rx"`
	EnqueueCPU int               `json:"enqueue_cpu"`
	TargetCPU  *int              `json:"target_cpu"`
	RunCPU     int               `json:"run_cpu"`
	QueueLen   *int              `json:"queue_len"`
	Runner     string            `json:"runner"`
	Steering   string            `json:"steering"`
	Stages     map[string]uint64 `json:"stages_ns"`
	Len        uint32            `json:"len_bytes"`
	GSOSegs    uint32            `json:"gso_segs"`
	Flow       *flowJSON         `json:"flow"`
}

func readHop(t *testing.T, line []byte) hopJSON {
	t.Helper()
	var h hopJSON
	decode(t, line, &h)
	return h
}

// The line of the contract, byte for byte.
func TestAppendHop(t *testing.T) {
	want := `{"type":"hop","ts_ns":81213377123,"path":"backlog","kind":"veth",` +
		`"tx":{"netns":4026532256,"netns_name":"a","ifindex":2,"ifname":"eth0"},` +
		`"rx":{"netns":4026531840,"netns_name":"host","ifindex":7,"ifname":"veth57703b6"},` +
		`"enqueue_cpu":0,"target_cpu":1,"run_cpu":1,"queue_len":0,"runner":"ksoftirqd","steering":"rps",` +
		`"stages_ns":{"xmit":310,"queue":2900,"softirq":120,"total":3330},"len_bytes":98,"gso_segs":1,` +
		`"flow":{"family":"ipv4","proto":"icmp","src":"10.9.0.1","sport":0,"dst":"10.9.0.2","dport":0}}`
	if diff := cmp.Diff(want, string(AppendHop(nil, testHop()))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProtocolNames(t *testing.T) {
	named := map[uint8]string{1: "icmp", 6: "tcp", 17: "udp", 58: "icmpv6", 132: "sctp", 0: "0", 103: "103", 255: "255"}
	for proto, want := range named {
		if got := string(appendProto(nil, proto)); got != want {
			t.Errorf("protocol %d is %q, want %q", proto, got, want)
		}
	}
}

func FuzzHopWriter(f *testing.F) {
	schema := compileSchema(f)
	f.Add(uint64(1), "host", "eth0", []byte{10, 9, 0, 1}, uint16(80), uint8(6), uint8(0), uint8(0), true)
	f.Add(^uint64(0), "\xff\x00", "\"\\\n", []byte("0123456789abcdef"), ^uint16(0), uint8(0), uint8(0xff), uint8(9), false)
	f.Fuzz(func(t *testing.T, n uint64, netns, ifname string, addr []byte, port uint16, proto, known, which uint8, hasFlow bool) {
		h := testHop()
		h.TSNS, h.LenBytes, h.GSOSegs, h.HasFlow = n, uint32(n), uint32(n)|1, hasFlow
		h.Path, h.Runner = tracer.Path(which)%tracer.NumPaths, tracer.Runner(which)%tracer.NumRunners
		h.Kind, h.Steering = tracer.Kind(which)%tracer.NumKinds, tracer.Steering(which)%tracer.NumSteerings
		h.TargetCPU, h.QueueLen = int(n>>1), int(which)-1
		h.Rx = tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: uint32(n) | 1, Ifindex: uint32(n>>32) | 1}, NetnsName: netns, Ifname: ifname}
		for s := range tracer.NumStages {
			h.StagesNS[s], h.StageKnown[s] = n>>s, known>>s&1 != 0
		}
		if a, ok := netip.AddrFromSlice(addr); ok {
			h.Flow = tracer.FlowKey{Proto: proto, Src: netip.AddrPortFrom(a.WithZone(ifname), port), Dst: netip.AddrPortFrom(a, ^port)}
		}
		line := AppendHop(nil, h)
		if err := validate(schema, line); err != nil {
			t.Fatalf("%v\n%q", err, line)
		}
		got := readHop(t, line)
		for _, c := range []struct{ in, out string }{{netns, got.Rx.NetnsName}, {ifname, got.Rx.Ifname}} {
			if want := throughJSON(t, c.in); c.out != want {
				t.Errorf("name %q became %q, want %q", c.in, c.out, want)
			}
		}
	})
}

// throughJSON is what encoding/json makes of a string.
func throughJSON(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestHopWriterAllocates(t *testing.T) {
	w, h := NewHopWriter(io.Discard), napiHop()
	if n := testing.AllocsPerRun(100, func() { _ = w.Write(h) }); n != 0 {
		t.Errorf("%v allocations a hop, want 0", n)
	}
}

func BenchmarkHopWriter(b *testing.B) {
	for name, h := range map[string]*tracer.Hop{"ipv4": testHop(), "ipv6": napiHop()} {
		b.Run(name, func(b *testing.B) {
			w := NewHopWriter(io.Discard)
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHopText(b *testing.B) {
	w, h := NewHopText(io.Discard, testRun()), testHop()
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(h); err != nil {
			b.Fatal(err)
		}
	}
}
