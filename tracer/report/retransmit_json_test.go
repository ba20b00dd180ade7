// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

// The line of the contract, byte for byte.
func TestAppendRetransmit(t *testing.T) {
	const eth0 = `{"netns":4026532256,"netns_name":"a","ifindex":2,"ifname":"eth0"}`
	const veth = `{"netns":4026531840,"netns_name":"host","ifindex":7,"ifname":"veth57703b6"}`
	const flow = `"flow":{"family":"ipv4","proto":"tcp","src":"10.9.0.1","sport":40312,"dst":"10.9.0.2","dport":5201}`
	for name, c := range map[string]struct {
		r    *tracer.Retransmit
		want string
	}{
		"reordered": {testRetransmit(), `{"type":"retransmit","ts_ns":81213400000,"netns":4026532256,"netns_name":"a",` +
			`"device":` + eth0 + `,"peer":` + veth + `,` + flow + `,"class":"fast","segs":1,"failed":false,` +
			`"seq":123,"end_seq":1571,"cwnd_segs":10,"ssthresh_segs":7,"srtt_us":85,"ca_state":"recovery","backoff":0,"reord_seen":2,` +
			`"state":"established","verdict":"reordered-at-hop","spurious":true,"spurious_proof":"dsack",` +
			`"chain":{"overtaken":{"ts_ns":81213377123,"rx":` + veth + `,"tx":` + eth0 + `,` +
			`"enqueue_ns":81213000000,"enqueue_cpu":0,"run_cpu":0,"overtaker_ns":81213067123,"overtaker_enqueue_ns":81213010000,` +
			`"overtaker_enqueue_cpu":1,"overtaker_run_cpu":1,"late_ns":310000,"displacement":12,"displacement_at_least":false,"cause":"sender_moved"},` +
			`"hole_ns":81213070000,"sack_ns":81213090000,"dsack_ns":81213610000,"undo_ns":81213610100,"acked_ns":81213500000}}`},
		"lost": {lostRetransmit(), `{"type":"retransmit","ts_ns":81213400000,"netns":4026532256,"netns_name":"a",` +
			`"device":` + eth0 + `,"peer":` + veth + `,` + flow + `,"class":"rto","segs":1,"failed":false,` +
			`"seq":123,"end_seq":1571,"cwnd_segs":10,"ssthresh_segs":7,"srtt_us":85,"ca_state":"loss","backoff":0,"reord_seen":2,` +
			`"state":"established","verdict":"lost-at-hop","spurious":false,` +
			`"chain":{"dropped":{"ts_ns":81213377123,"drop_ts_ns":81213378345,"device":` + veth + `,"tx":` + eth0 + `,` +
			`"cause":"backlog_full","reason":"CPU_BACKLOG"},"acked_ns":81213500000}}`},
		"failed": {failedRetransmit(), `{"type":"retransmit","ts_ns":81213400000,"netns":4026532256,` + flow +
			`,"class":"tlp","segs":0,"failed":true,"errno":16,"seq":0,"end_seq":10,"cwnd_segs":0,"ssthresh_segs":2147483647,` +
			`"ca_state":"open","backoff":0,"reord_seen":0,"state":"established","verdict":"unknown","spurious":false,"chain":{}}`},
		"bare": {bareRetransmit(), `{"type":"retransmit","ts_ns":81213400000,"netns":4026532256,` + flow +
			`,"class":"syn_ack","segs":1,"failed":false,"state":"new-syn-recv","verdict":"unknown","spurious":false,"chain":{}}`},
	} {
		if diff := cmp.Diff(c.want, string(AppendRetransmit(nil, c.r))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestExtremeRetransmitRoundTrip(t *testing.T) {
	v := tree(t, documents(t)["extreme retransmit"])
	const name = "\x00\x1f\x7f\"\\</\n\ufffd\ufffd\u2028é"
	for _, c := range []struct {
		want any
		at   path
	}{
		{name, path{"netns_name"}}, {name, path{"peer", "ifname"}}, {name, path{"chain", "dropped", "reason"}},
		{float64(math.MaxUint32), path{"seq"}}, {float64(math.MaxUint32), path{"segs"}}, {float64(math.MaxUint64), path{"chain", "acked_ns"}},
		{"mtu", path{"class"}}, {"undo", path{"spurious_proof"}}, {true, path{"chain", "overtaken", "displacement_at_least"}},
	} {
		if got, _ := at(v, c.at...); got != c.want {
			t.Errorf("%v = %v, want %v", c.at, got, c.want)
		}
	}
	for _, unknown := range []string{"state", "ca_state"} { // numbers that no kernel has yet
		if got, ok := v[unknown]; ok {
			t.Errorf("%s = %v, want it absent", unknown, got)
		}
	}
}

func FuzzRetransmitWriter(f *testing.F) {
	schema := compileSchema(f)
	f.Add(uint64(1), "a", uint8(0), uint8(0))
	f.Add(^uint64(0), "\xff\x00\"\\\n", uint8(0xff), uint8(0xff))
	f.Fuzz(func(t *testing.T, n uint64, netns string, which, known uint8) {
		r := testRetransmit()
		r.TSNS, r.NetnsName, r.Segs, r.Seq, r.EndSeq = n, netns, uint32(n), uint32(n), uint32(^n)
		r.Class, r.Verdict = tracer.RetransmitClass(which)%tracer.NumRetransmitClasses, tracer.Verdict(which)%tracer.NumVerdicts
		r.Spurious = tracer.SpuriousProof(which) % tracer.NumSpuriousProofs
		r.State, r.CAState, r.SRTTUs = tracer.TCPState(which), tracer.CAState(which), uint32(n)
		r.Failed = known&1 != 0
		if r.Failed {
			r.Errno = int(which)
		}
		if known&2 != 0 {
			r.Dev, r.Peer, r.Chain.Overtaken = tracer.DeviceName{}, tracer.DeviceName{}, nil
		}
		if known&4 != 0 {
			r.Chain.Dropped, r.Chain.HoleNS, r.Chain.SACKNS = bareDrop(), 0, 0
		}
		line := AppendRetransmit(nil, r)
		if err := validate(schema, line); err != nil {
			t.Fatalf("%v\n%q", err, line)
		}
		v := tree(t, line)
		for _, c := range []struct {
			at   path
			want bool
		}{
			{path{"device"}, known&2 == 0}, {path{"chain", "overtaken"}, known&2 == 0},
			{path{"chain", "dropped"}, known&4 != 0}, {path{"chain", "sack_ns"}, known&4 == 0},
			{path{"errno"}, r.Errno != 0}, {path{"seq"}, r.State != newSynRecv},
		} {
			if _, got := at(v, c.at...); got != c.want {
				t.Errorf("%v present: %v, want %v in %s", c.at, got, c.want, line)
			}
		}
	})
}

func TestWriteRetransmitAllocates(t *testing.T) {
	for name, r := range map[string]*tracer.Retransmit{"reordered": testRetransmit(), "lost": lostRetransmit()} {
		w := NewHopWriter(io.Discard)
		if n := testing.AllocsPerRun(100, func() { _ = w.WriteRetransmit(r) }); n != 0 {
			t.Errorf("%s: %v allocations a retransmit, want 0", name, n)
		}
	}
}
