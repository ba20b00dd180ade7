// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/gen"
)

func eventBytes(t testing.TB, ev any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := binary.Write(&b, binary.NativeEndian, ev); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// someEvent has another number in each field.
func someEvent() gen.VethtraceHopEvent {
	ev := gen.VethtraceHopEvent{
		TsNs: 1, TxDevice: 4026532256<<32 | 2, StageNs: [4]uint64{3, 4, 5, 12},
		Len: 98, GsoSegs: 6, EnqueueCpu: 7, RunCpu: 8,
		Path: uint8(PathNAPI), Runner: uint8(RunnerKsoftirqd), Known: 0b11110,
		Steering: uint8(SteeringRPS), Target: 9, QueueLen: queueLenUnknown,
	}
	ev.Key = [7]uint64{4026532257<<32 | 9, 9<<32 | 8, 40001 | 53<<16 | 17<<32 | 4<<40}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&ev.Key[3])), 4), []byte{10, 9, 0, 1})
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&ev.Key[5])), 4), []byte{10, 9, 0, 2})
	for i, c := range "eth0" {
		ev.RxIfname[i] = int8(c)
	}
	return ev
}

func TestDecodeHop(t *testing.T) {
	want := someEvent()
	b := eventBytes(t, want)
	got, err := decodeHop(b)
	if err != nil || *got != want {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if _, err := decodeHop(append(b, 0, 0, 0)); err != nil {
		t.Errorf("with bytes of a newer kernel side behind: %v", err)
	}
}

func TestDecodeHopRefuses(t *testing.T) {
	good := eventBytes(t, someEvent())
	badPath, badRunner := someEvent(), someEvent()
	badPath.Path, badRunner.Runner = uint8(NumPaths), uint8(NumRunners)
	for _, tt := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "decoding an event: 0 bytes, want 168"},
		{"a byte less", good[:len(good)-1], "decoding an event: 167 bytes, want 168"},
		{"path", eventBytes(t, badPath), "decoding an event: type 0, path 3, runner 2, kind 0, steering 2, cause 0: one of them is unknown"},
		{"runner", eventBytes(t, badRunner), "decoding an event: type 0, path 1, runner 4, kind 0, steering 2, cause 0: one of them is unknown"},
	} {
		if _, err := decodeHop(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}

func FuzzDecodeHop(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(eventBytes(f, someEvent()))
	tr := &Tracer{names: fakeNames(nil)}
	f.Fuzz(func(t *testing.T, b []byte) {
		ev, err := decodeHop(b)
		if (err == nil) != (ev != nil) {
			t.Fatalf("got %v and %v", ev, err)
		}
		if err != nil {
			return
		}
		var h Hop
		var d Drop
		tr.hop(ev, &h)
		tr.drop(ev, &d)
		if h.HasFlow && h.Flow != flowKey(ev.Key) || !h.HasFlow && h.Flow != (FlowKey{}) {
			t.Errorf("flow %v, known: %t", h.Flow, h.HasFlow)
		}
		_ = h.Path.String() + h.Runner.String() + h.Tx.String() + h.Rx.String() + h.Steering.String() + d.Cause.String() + d.Kind.String()
	})
}

func TestHopOfEvent(t *testing.T) {
	ev := someEvent()
	var got Hop
	(&Tracer{names: fakeNames(nil)}).hop(&ev, &got)
	want := Hop{
		TSNS: 1,
		Tx:   DeviceName{DeviceID: DeviceID{4026532256, 2}},
		Rx:   DeviceName{DeviceID: DeviceID{4026532257, 9}, Ifname: "eth0"},
		Path: PathNAPI, Runner: RunnerKsoftirqd, EnqueueCPU: 7, RunCPU: 8,
		Steering: SteeringRPS, TargetCPU: 8, QueueLen: -1,
		StagesNS: [NumStages]uint64{3, 4, 5, 12}, StageKnown: [NumStages]bool{false, true, true, true},
		LenBytes: 98, GSOSegs: 6, HasFlow: true,
		Flow: FlowKey{Proto: protoUDP, Src: netip.MustParseAddrPort("10.9.0.1:40001"), Dst: netip.MustParseAddrPort("10.9.0.2:53")},
	}
	addrs := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	if diff := cmp.Diff(want, got, addrs); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFlowKeyOfIPv6(t *testing.T) {
	src, dst := netip.MustParseAddrPort("[fd00:1:2::3]:1"), netip.MustParseAddrPort("[fe80::4:5]:65535")
	var key [7]uint64
	key[2] = 1 | 65535<<16 | protoTCP<<32 | 6<<40
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&key[3])), 16), src.Addr().AsSlice())
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&key[5])), 16), dst.Addr().AsSlice())
	if got, want := flowKey(key), (FlowKey{Proto: protoTCP, Src: src, Dst: dst}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
