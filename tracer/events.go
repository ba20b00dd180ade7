// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"github.com/cilium/ebpf/ringbuf"

	"github.com/vethtrace/vethtrace/gen"
)

// flushInterval is how often the ring buffer is looked at even when the
// kernel has not woken the reader.
const flushInterval = 200 * time.Millisecond

// Handlers are what Events calls; nil leaves a kind of event out. What they are
// given is theirs to read until they return.
type Handlers struct {
	Hop  func(*Hop) error
	Drop func(*Drop) error
}

// Events calls a handler with each hop that Options.Emit chose, and each drop,
// in the order in which they ended on each CPU, until ctx ends (nil), a handler
// returns an error (that error), or the trace is closed (ErrClosed). When ctx
// ends, the events that are in the buffer are still delivered. It needs
// Options.Emit.
func (t *Tracer) Events(ctx context.Context, handle Handlers) error {
	if t.opts.Emit == nil {
		return errors.New("reading hops: the trace was started without events")
	}
	if t.closed() {
		return ErrClosed
	}
	r, err := ringbuf.NewReader(t.coll.Maps["events"])
	if err != nil {
		return fmt.Errorf("opening the ring buffer: %w", err)
	}
	defer r.Close()
	// A deadline in the past makes Read return what is there without waiting.
	stop := context.AfterFunc(ctx, func() { r.SetDeadline(time.Unix(0, 1)) })
	defer stop()

	// endNS is when ctx was seen to have ended: hops that began later are not
	// waited for, or a reader slower than the traffic would never come to an end.
	var endNS uint64
	var rec ringbuf.Record
	var hop Hop
	var drop Drop
	for {
		if ctx.Err() == nil {
			r.SetDeadline(time.Now().Add(flushInterval))
		} else {
			r.SetDeadline(time.Unix(0, 1))
			if endNS == 0 {
				endNS = monotonicNS()
			}
		}
		err := r.ReadInto(&rec)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if ctx.Err() != nil {
				return nil
			}
			if t.closed() {
				return ErrClosed
			}
			continue
		case err != nil:
			return fmt.Errorf("reading the ring buffer: %w", err)
		}
		ev, err := decodeHop(rec.RawSample)
		if err != nil {
			return err
		}
		if endNS != 0 && ev.TsNs > endNS {
			return nil
		}
		switch {
		case ev.Type == eventDrop && handle.Drop != nil:
			t.drop(ev, &drop)
			err = handle.Drop(&drop)
		case ev.Type == eventHop && handle.Hop != nil:
			t.hop(ev, &hop)
			err = handle.Hop(&hop)
		}
		if err != nil {
			return err
		}
	}
}

// decodeHop reads struct hop_event of bpf/abi.h: a length check and one copy,
// in the machine's own byte order.
func decodeHop(b []byte) (*gen.VethtraceHopEvent, error) {
	var ev gen.VethtraceHopEvent
	if len(b) < int(unsafe.Sizeof(ev)) {
		return nil, fmt.Errorf("decoding a hop: %d bytes, want %d", len(b), unsafe.Sizeof(ev))
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&ev)), unsafe.Sizeof(ev)), b)
	if ev.Type > eventDrop || Path(ev.Path) >= NumPaths || Runner(ev.Runner) >= NumRunners ||
		Kind(ev.Kind) >= NumKinds || Steering(ev.Steering) >= NumSteerings || DropCause(ev.Cause) >= NumDropCauses {
		return nil, fmt.Errorf("decoding an event: type %d, path %d, runner %d, kind %d, steering %d, cause %d: one of them is unknown",
			ev.Type, ev.Path, ev.Runner, ev.Kind, ev.Steering, ev.Cause)
	}
	return &ev, nil
}

// Types of events, enum event_type in bpf/abi.h.
const (
	eventHop = iota
	eventDrop
)

// queueLenUnknown is QUEUE_LEN_UNKNOWN in bpf/abi.h.
const queueLenUnknown = ^uint32(0)

// ends names the two devices of an event.
func (t *Tracer) ends(ev *gen.VethtraceHopEvent) (tx, rx DeviceName) {
	txID, rxID := deviceOf(ev.TxDevice), deviceOf(ev.Key[0])
	t.mu.Lock()
	defer t.mu.Unlock()
	if name := cString(ev.RxIfname[:]); name != "" {
		t.names.saw(rxID, name)
	}
	for _, d := range []DeviceID{txID, rxID} {
		if !t.names.known(d) {
			t.names.find([]DeviceID{d})
		}
	}
	return t.names.of(txID), t.names.of(rxID)
}

// hop turns an event into what users of the package see.
func (t *Tracer) hop(ev *gen.VethtraceHopEvent, h *Hop) {
	h.Tx, h.Rx = t.ends(ev)
	h.TSNS = ev.TsNs
	h.Path, h.Runner = Path(ev.Path), Runner(ev.Runner)
	h.Kind, h.Steering = Kind(ev.Kind), Steering(ev.Steering)
	h.EnqueueCPU, h.RunCPU = int(ev.EnqueueCpu), int(ev.RunCpu)
	h.TargetCPU, h.QueueLen = int(ev.Target)-1, queueLen(ev)
	for s := range h.StagesNS {
		h.StagesNS[s] = ev.StageNs[s]
		h.StageKnown[s] = ev.Known&(1<<s) != 0
	}
	h.LenBytes, h.GSOSegs = ev.Len, ev.GsoSegs
	h.Flow, h.HasFlow = eventFlow(ev)
}

// drop does the same with a packet that was dropped.
func (t *Tracer) drop(ev *gen.VethtraceHopEvent, d *Drop) {
	d.Tx, d.Rx = t.ends(ev)
	d.TSNS, d.DropNS = ev.TsNs, ev.TsNs+ev.StageNs[StageTotal]
	d.Kind, d.Cause = Kind(ev.Kind), DropCause(ev.Cause)
	d.Reason = t.dropReasons[ev.Reason]
	d.EnqueueCPU = int(ev.EnqueueCpu)
	d.TargetCPU, d.QueueLen = int(ev.Target)-1, queueLen(ev)
	d.LenBytes = ev.Len
	d.Flow, d.HasFlow = eventFlow(ev)
}

func queueLen(ev *gen.VethtraceHopEvent) int {
	if ev.QueueLen == queueLenUnknown {
		return -1
	}
	return int(ev.QueueLen)
}

func eventFlow(ev *gen.VethtraceHopEvent) (FlowKey, bool) {
	if ev.Known&(1<<NumStages) == 0 {
		return FlowKey{}, false
	}
	return flowKey(ev.Key), true
}
