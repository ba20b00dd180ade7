// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

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
	// Reorder is called for each packet that was overtaken, Retransmit for
	// each retransmit once it has its verdict, within about a second.
	Reorder    func(*Reorder) error
	Retransmit func(*Retransmit) error
	// Tick is called every 200 ms or so by the goroutine that calls the others.
	Tick func() error
}

// Events calls a handler with each hop that Options.Emit chose, each drop, in
// the order in which they ended on each CPU, and with what is rare: reorderings
// and retransmits. It does so until ctx ends (nil), a handler returns an error
// (that error), or the trace is closed (ErrClosed). When ctx ends, the events
// that are in the buffer are still delivered, and retransmits that have no
// verdict yet get one by what is known. Hops and drops need Options.Emit.
func (t *Tracer) Events(ctx context.Context, handle Handlers) error {
	rare := handle.Reorder != nil || handle.Retransmit != nil
	if t.opts.Emit == nil && (!rare || handle.Hop != nil || handle.Drop != nil) {
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
	t.rare.want(true)
	defer t.rare.want(false)
	// A deadline in the past makes Read return what is there without waiting.
	stop := context.AfterFunc(ctx, func() { r.SetDeadline(time.Unix(0, 1)) })
	defer stop()

	// endNS is when ctx was seen to have ended: hops that began later are not
	// waited for, or a reader slower than the traffic would never come to an end.
	var endNS uint64
	var rec ringbuf.Record
	var hop Hop
	var drop Drop
	var ticked time.Time
	for {
		if ctx.Err() == nil {
			now := time.Now()
			if handle.Tick != nil && now.Sub(ticked) >= flushInterval {
				ticked = now
				if err := handle.Tick(); err != nil {
					return err
				}
			}
			r.SetDeadline(now.Add(flushInterval))
		} else {
			r.SetDeadline(time.Unix(0, 1))
			if endNS == 0 {
				endNS = monotonicNS()
			}
		}
		if err := handle.rare(t.rare.happened()); err != nil {
			return err
		}
		err := r.ReadInto(&rec)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if t.closed() {
				return ErrClosed
			}
			if ctx.Err() != nil {
				return t.lastRare(handle)
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
			return t.lastRare(handle)
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

// rare calls the handlers of what is rare.
func (handle Handlers) rare(all told) error {
	if handle.Reorder != nil {
		for i := range all.reorders {
			if err := handle.Reorder(&all.reorders[i]); err != nil {
				return err
			}
		}
	}
	if handle.Retransmit != nil {
		for _, r := range all.retransmits {
			if err := handle.Retransmit(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// lastRare hands on what is left.
func (t *Tracer) lastRare(handle Handlers) error {
	t.Settle()
	return handle.rare(t.rare.happened())
}

// Settle gives each retransmit that has none yet its verdict, by what is known
// now, in place of waiting for more. To be called before the last Snapshot.
func (t *Tracer) Settle() {
	if t.closed() {
		return
	}
	t.rare.catchUp()
	t.rare.finish()
}

// decodeHop reads the event of a hop or drop.
func decodeHop(b []byte) (*gen.VethtraceHopEvent, error) {
	ev, err := decodeEvent[gen.VethtraceHopEvent](b)
	if err != nil {
		return nil, err
	}
	if ev.Type > eventDrop || Path(ev.Path) >= NumPaths || Runner(ev.Runner) >= NumRunners ||
		Kind(ev.Kind) >= NumKinds || Steering(ev.Steering) >= NumSteerings || DropCause(ev.Cause) >= NumDropCauses {
		return nil, fmt.Errorf("decoding an event: type %d, path %d, runner %d, kind %d, steering %d, cause %d: one of them is unknown",
			ev.Type, ev.Path, ev.Runner, ev.Kind, ev.Steering, ev.Cause)
	}
	return ev, nil
}

// queueLenUnknown is QUEUE_LEN_UNKNOWN in bpf/abi.h.
const queueLenUnknown = ^uint32(0)

// ends names the two devices of an event.
func (t *Tracer) ends(tx, rx uint64, rxIfname []int8) (txName, rxName DeviceName) {
	txID, rxID := deviceOf(tx), deviceOf(rx)
	t.mu.Lock()
	defer t.mu.Unlock()
	if name := cString(rxIfname); name != "" {
		t.names.saw(rxID, name)
	}
	for _, d := range []DeviceID{txID, rxID} {
		if d != (DeviceID{}) && !t.names.known(d) {
			t.names.find([]DeviceID{d})
		}
	}
	return t.names.of(txID), t.names.of(rxID)
}

// hop turns an event into what users of the package see.
func (t *Tracer) hop(ev *gen.VethtraceHopEvent, h *Hop) {
	h.Tx, h.Rx = t.ends(ev.TxDevice, ev.Key[0], ev.RxIfname[:])
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
	d.Tx, d.Rx = t.ends(ev.TxDevice, ev.Key[0], ev.RxIfname[:])
	d.TSNS, d.DropNS = ev.TsNs, ev.TsNs+ev.StageNs[StageTotal]
	d.Kind, d.Cause = Kind(ev.Kind), DropCause(ev.Cause)
	d.Reason = t.dropReasons[ev.Reason]
	d.EnqueueCPU = int(ev.EnqueueCpu)
	d.TargetCPU, d.QueueLen = int(ev.Target)-1, queueLen(ev)
	d.LenBytes = ev.Len
	d.Seq, d.EndSeq, d.HasSeq = ev.Seq, ev.EndSeq, ev.EndSeq != ev.Seq
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
