// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/gen"
)

// someReorder has another number in each field.
func someReorder() gen.VethtraceReorderEvent {
	hop := someEvent()
	ev := gen.VethtraceReorderEvent{
		TsNs: 2000, Type: eventReorder, Len: 98, TxDevice: hop.TxDevice, Key: hop.Key, RxIfname: hop.RxIfname,
		Displacement: 3, AtLeast: 1, Cause: uint8(CauseSenderMoved), LateEndSeq: 77,
	}
	ev.Key[2] = 40001 | 53<<16 | protoTCP<<32 | 4<<40
	ev.Late.EnqueueNs, ev.Late.DeliverNs = 1000, 2000
	ev.Late.Pid, ev.Late.Seq, ev.Late.EnqueueCpu, ev.Late.RunCpu, ev.Late.Queue = 5, 66, 7, 8, 9
	ev.Late.Steering, ev.Late.Runner, ev.Late.Path, ev.Late.Sender = 1, 2, 0, uint8(SenderTask)
	ev.Over.EnqueueNs, ev.Over.DeliverNs = 1100, 1300
	ev.Over.Pid, ev.Over.Sender = 6, uint8(SenderSoftirq)
	ev.Move.TsNs, ev.Move.Pid, ev.Move.From, ev.Move.To = 900, 5, 8, 7
	ev.Before = [5]uint64(ev.Key[2:])
	ev.Before[0] += 1 // another source port
	return ev
}

func TestReorderOfEvent(t *testing.T) {
	ev := someReorder()
	var got Reorder
	if err := (&Tracer{names: fakeNames(nil)}).reorder(&ev, &got); err != nil {
		t.Fatal(err)
	}
	flow, before := flowKey(ev.Key), eventFlowKey(ev.Before)
	want := Reorder{
		TSNS: 2000,
		Tx:   DeviceName{DeviceID: DeviceID{4026532256, 2}},
		Rx:   DeviceName{DeviceID: DeviceID{4026532257, 9}, Ifname: "eth0"},
		Flow: flow, Before: before, HasBefore: true,
		Late: OrderedPacket{
			EnqueueNS: 1000, DeliverNS: 2000, EnqueueCPU: 7, RunCPU: 8, Runner: RunnerKsoftirqd,
			Steering: SteeringNone, Sender: SenderTask, PID: 5, Queue: 8, Seq: 66, EndSeq: 77, HasSeq: true,
		},
		Overtaker: OrderedPacket{EnqueueNS: 1100, DeliverNS: 1300, Sender: SenderSoftirq, HasSeq: true},
		LateNS:    700, Displacement: 3, AtLeast: true, LenBytes: 98, Cause: CauseSenderMoved,
		Move: &Move{AtNS: 900, PID: 5, From: 8, To: 7},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b FlowKey) bool { return a == b })); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if before.Src.Port() != flow.Src.Port()+1 {
		t.Errorf("before NAT: %v, of %v", before, flow)
	}
}

// TestRetransmitClass has the states that kernels were seen in.
func TestRetransmitClass(t *testing.T) {
	const established, disorder = 1, 1
	for _, tt := range []struct {
		name string
		ev   gen.VethtraceTcpEvent
		want RetransmitClass
	}{
		{"SYN", gen.VethtraceTcpEvent{State: stateSynSent, CaState: caLoss, Retransmits: 1}, ClassSYN},
		{"SYN-ACK", gen.VethtraceTcpEvent{Type: eventSynAck, State: 12}, ClassSYNACK},
		{"SYN-ACK of fast open", gen.VethtraceTcpEvent{State: stateSynRecv}, ClassSYNACK},
		{"probe", gen.VethtraceTcpEvent{State: established, Pending: pendingTLP}, ClassTLP},
		{"probe in CWR", gen.VethtraceTcpEvent{State: established, CaState: caCWR, Pending: pendingTLP}, ClassTLP},
		{"probe pending in recovery", gen.VethtraceTcpEvent{State: established, CaState: caRecovery, Pending: pendingTLP}, ClassFast},
		{"first timeout", gen.VethtraceTcpEvent{State: established, CaState: caLoss, Retransmits: 1, UndoMarker: 9}, ClassRTO},
		{"second timeout", gen.VethtraceTcpEvent{State: established, CaState: caLoss, Retransmits: 2, Backoff: 1, UndoMarker: 9}, ClassRTO},
		{"after a timeout", gen.VethtraceTcpEvent{State: established, CaState: caLoss, Pending: 1, UndoMarker: 9}, ClassSlowStart},
		{"smaller MTU", gen.VethtraceTcpEvent{State: established, CaState: caLoss, Pending: 1}, ClassMTU},
		{"in disorder", gen.VethtraceTcpEvent{State: established, CaState: disorder, Pending: 1}, ClassOther},
	} {
		if tt.ev.Type == 0 {
			tt.ev.Type = eventRetransmit
		}
		if got := retransmitClass(&tt.ev); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// FuzzDecodeRare feeds whatever bytes as an event.
func FuzzDecodeRare(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(eventBytes(f, someReorder()))
	f.Add(eventBytes(f, gen.VethtraceTcpEvent{Type: eventRetransmit, State: 1, CaState: caRecovery}))
	f.Add(eventBytes(f, gen.VethtraceTcpEvent{Type: eventDSACK, Seq: 1, EndSeq: 2}))
	drop := someEvent()
	drop.Type, drop.Seq, drop.EndSeq = eventDrop, 1, 2
	f.Add(eventBytes(f, drop))
	tr := &Tracer{names: fakeNames(nil)}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := &rareEvents{proof: newProof(), sent: make(map[connection]uint32), comm: commNames{}, wanted: true}
		r.take(tr, b)
		r.finish()
		all := r.happened()
		for i := range all.reorders {
			_ = all.reorders[i].Cause.String()
		}
		for _, re := range all.retransmits {
			_ = re.Class.String() + re.Verdict.String() + re.State.String() + re.CAState.String()
		}
		if kind, err := eventType(b); err == nil && kind == eventReorder && len(b) < int(unsafe.Sizeof(gen.VethtraceReorderEvent{})) && r.lost != 1 {
			t.Errorf("lost %d, want 1: the event is cut", r.lost)
		}
	})
}
