// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"unsafe"

	"github.com/vethtrace/vethtrace/gen"
)

// Types of events, enum event_type in bpf/abi.h.
const (
	eventHop = iota
	eventDrop
	eventReorder
	eventRetransmit
	eventSynAck
	eventHole
	eventFilled
	eventDuplicate
	eventSACK
	eventDSACK
	eventUndo
	eventAcked
	numEvents
)

// eventType reads the type, which is in the same place in each event.
func eventType(b []byte) (uint32, error) {
	if len(b) < 12 {
		return 0, fmt.Errorf("decoding an event: %d bytes have no type", len(b))
	}
	return binary.NativeEndian.Uint32(b[8:]), nil
}

// decodeEvent reads an event of bpf/abi.h: a length check and one copy, in the
// machine's own byte order.
func decodeEvent[T any](b []byte) (*T, error) {
	var ev T
	if len(b) < int(unsafe.Sizeof(ev)) {
		return nil, fmt.Errorf("decoding an event: %d bytes, want %d", len(b), unsafe.Sizeof(ev))
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&ev)), unsafe.Sizeof(ev)), b)
	return &ev, nil
}

// reorder turns an event into what users of the package see.
func (t *Tracer) reorder(ev *gen.VethtraceReorderEvent, r *Reorder) error {
	if ReorderCause(ev.Cause) >= NumReorderCauses || Kind(ev.Kind) >= NumKinds {
		return fmt.Errorf("decoding a reordering: cause %d, kind %d: one of them is unknown", ev.Cause, ev.Kind)
	}
	r.Flow = flowKey(ev.Key)
	var err error
	if r.Late, err = orderedPacket(&ev.Late, r.Flow.Proto); err != nil {
		return err
	}
	if r.Overtaker, err = orderedPacket(&ev.Over, r.Flow.Proto); err != nil {
		return err
	}
	r.Late.EndSeq = ev.LateEndSeq
	r.Tx, r.Rx = t.ends(ev.TxDevice, ev.Key[0], ev.RxIfname[:])
	r.TSNS = ev.TsNs
	r.Kind, r.Cause = Kind(ev.Kind), ReorderCause(ev.Cause)
	if ev.Before[0] != 0 {
		r.Before, r.HasBefore = eventFlowKey(ev.Before), true
	}
	r.LateNS = r.Late.DeliverNS - min(r.Late.DeliverNS, r.Overtaker.DeliverNS)
	r.Displacement, r.AtLeast = ev.Displacement, ev.AtLeast != 0
	r.LenBytes = ev.Len
	if ev.Move.TsNs != 0 {
		r.Move = &Move{AtNS: ev.Move.TsNs, PID: ev.Move.Pid, From: int(ev.Move.From), To: int(ev.Move.To)}
	}
	return nil
}

func orderedPacket(m *gen.VethtraceOrderMark, proto uint8) (OrderedPacket, error) {
	if Path(m.Path) >= NumPaths || Runner(m.Runner) >= NumRunners || Steering(m.Steering) >= NumSteerings || Sender(m.Sender) >= NumSenders {
		return OrderedPacket{}, fmt.Errorf("decoding a reordering: path %d, runner %d, steering %d, sender %d: one of them is unknown",
			m.Path, m.Runner, m.Steering, m.Sender)
	}
	p := OrderedPacket{
		EnqueueNS: m.EnqueueNs, DeliverNS: m.DeliverNs,
		EnqueueCPU: int(m.EnqueueCpu), RunCPU: int(m.RunCpu),
		Path: Path(m.Path), Runner: Runner(m.Runner), Steering: Steering(m.Steering),
		Sender: Sender(m.Sender), Queue: max(int(m.Queue)-1, 0), // 0 is none recorded
	}
	if p.Sender == SenderTask {
		p.PID = m.Pid
	}
	if proto == protoTCP {
		p.Seq, p.HasSeq = m.Seq, true
	}
	return p, nil
}

// eventFlowKey reads the words of a flow alone.
func eventFlowKey(words [5]uint64) FlowKey {
	var key [7]uint64
	copy(key[2:], words[:])
	return flowKey(key)
}

// retransmit turns an event into what users of the package see.
func (t *Tracer) retransmit(ev *gen.VethtraceTcpEvent, r *Retransmit) {
	r.TSNS = ev.TsNs
	r.Netns = ev.Netns
	r.Flow = eventFlowKey(ev.Flow)
	r.Dev, r.Peer = t.ends(ev.Device, ev.Peer, nil)
	t.mu.Lock()
	if name := cString(ev.Ifname[:]); name != "" {
		t.names.saw(r.Dev.DeviceID, name)
		r.Dev = t.names.of(r.Dev.DeviceID)
	}
	r.NetnsName = t.names.netns[ev.Netns].Name
	t.mu.Unlock()
	r.Class = retransmitClass(ev)
	r.Segs = ev.Segs
	if ev.Err != 0 {
		r.Failed, r.Errno = true, -int(ev.Err)
	}
	r.Seq, r.EndSeq = ev.Seq, ev.EndSeq
	r.Cwnd, r.Ssthresh, r.SRTTUs = ev.Cwnd, ev.Ssthresh, ev.SrttUs
	r.State, r.CAState = TCPState(ev.State), CAState(ev.CaState)
	r.Backoff, r.ReordSeen = ev.Backoff, ev.ReordSeen
}

// Values of inet_connection_sock.icsk_ca_state and icsk_pending, the same from
// 5.10 to 7.3: include/uapi/linux/tcp.h, include/net/inet_connection_sock.h.
const (
	caCWR       = 2
	caRecovery  = 3
	caLoss      = 4
	pendingNone = 0
	pendingTLP  = 5 // ICSK_TIME_LOSS_PROBE

	stateSynSent = 2
	stateSynRecv = 3
)

// retransmitClass tells what made tcp_retransmit_skb send, by the socket's state
// then. tcp_write_timer_handler clears icsk_pending before it retransmits; an
// ACK does not. tcp_simple_retransmit clears undo_marker.
func retransmitClass(ev *gen.VethtraceTcpEvent) RetransmitClass {
	switch {
	case ev.Type == eventSynAck, ev.State == stateSynRecv:
		return ClassSYNACK
	case ev.State == stateSynSent:
		return ClassSYN
	case ev.CaState <= caCWR && ev.Pending == pendingTLP:
		return ClassTLP
	case ev.CaState == caLoss && ev.Pending == pendingNone && ev.Retransmits > 0:
		return ClassRTO
	case ev.CaState == caLoss && ev.Retransmits == 0 && ev.UndoMarker == 0:
		return ClassMTU
	case ev.CaState == caLoss:
		return ClassSlowStart
	case ev.CaState == caRecovery:
		return ClassFast
	}
	return ClassOther
}

func socketStateOf(ev *gen.VethtraceTcpEvent) socketState {
	return socketState{
		sndUna: ev.SndUna, totalRetrans: ev.TotalRetrans, dsacks: ev.Dsacks, reordSeen: ev.ReordSeen,
		cwnd: ev.Cwnd, srttUs: ev.SrttUs, outOfOrder: ev.OutOfOrder, sackOK: ev.SackOk != 0,
	}
}

// signalOf turns an event of any other type into a signal.
func signalOf(ev *gen.VethtraceTcpEvent, state socketState) tcpSignal {
	s := tcpSignal{
		tsNS: ev.TsNs, netns: ev.Netns, flow: eventFlowKey(ev.Flow),
		seq: ev.Seq, endSeq: ev.EndSeq, sndUna: ev.SndUna, socket: state,
	}
	switch ev.Type {
	case eventHole:
		s.kind = signalHole
	case eventFilled:
		s.kind = signalFilled
	case eventDuplicate:
		s.kind = signalDuplicate
	case eventSACK:
		s.kind = signalSACK
	case eventDSACK:
		s.kind = signalDSACK
	case eventUndo:
		s.kind = signalUndo
	case eventAcked:
		s.kind = signalAcked
		s.sndUna = ev.EndSeq
	}
	return s
}

// commNames remembers the names of tasks, which are asked for again and again.
type commNames map[uint32]string

// mostComms bounds it: a number is used again for another task some day.
const mostComms = 256

func (c *commNames) of(pid uint32) string {
	if name, ok := (*c)[pid]; ok {
		return name
	}
	if *c == nil || len(*c) >= mostComms {
		*c = make(commNames)
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "" // it has ended
	}
	(*c)[pid] = strings.TrimSuffix(string(b), "\n")
	return (*c)[pid]
}
