// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/vethtrace/vethtrace/gen"
)

// rareEvents reads what the kernel side says about order and TCP for as long as
// the trace runs, and finds out why segments were sent again.
type rareEvents struct {
	reader *ringbuf.Reader
	// wake is called when an event has come, before it is looked at.
	wake func()

	mu    sync.Mutex
	proof *proof
	// sent is how many segments a connection had sent again, as of its newest
	// event.
	sent map[connection]uint32
	comm commNames
	// told is for Events: what has happened since it was last asked for, if
	// anybody asks. lost is what there was no room for.
	told   told
	wanted bool
	lost   uint64

	// waiting says that something is in told.
	waiting atomic.Bool
}

// connection is one direction of a TCP connection in its sender's namespace.
type connection struct {
	netns uint32
	flow  FlowKey
}

// told is what handlers are called with.
type told struct {
	reorders    []Reorder
	retransmits []*Retransmit
}

// mostTold bounds told, and mostSent sent.
const (
	mostTold = 1 << 16
	mostSent = 1 << 14
)

func newRareEvents(m *ebpf.Map, wake func()) (*rareEvents, error) {
	r, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, fmt.Errorf("opening the ring buffer of rare events: %w", err)
	}
	return &rareEvents{reader: r, wake: wake, proof: newProof(), sent: make(map[connection]uint32)}, nil
}

// run reads until the reader is closed. device fills in the names of an event's
// devices.
func (r *rareEvents) run(t *Tracer) {
	var rec ringbuf.Record
	for {
		r.reader.SetDeadline(time.Now().Add(flushInterval))
		err := r.reader.ReadInto(&rec)
		switch {
		case err == nil:
			r.wake()
			r.take(t, rec.RawSample)
			if rec.Remaining > 0 {
				continue
			}
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return
		}
		r.settle(t, monotonicNS())
	}
}

// take looks at one event. One that cannot be decoded is counted as lost.
func (r *rareEvents) take(t *Tracer, b []byte) {
	kind, err := eventType(b)
	if err == nil {
		switch {
		case kind == eventDrop:
			err = r.takeDrop(t, b)
		case kind == eventReorder:
			err = r.takeReorder(t, b)
		case kind > eventReorder && kind < numEvents:
			err = r.takeTCP(t, b)
		default:
			err = fmt.Errorf("type %d is unknown", kind)
		}
	}
	if err != nil {
		r.mu.Lock()
		r.lost++
		r.mu.Unlock()
	}
}

func (r *rareEvents) takeDrop(t *Tracer, b []byte) error {
	ev, err := decodeHop(b)
	if err != nil {
		return err
	}
	var d Drop
	t.drop(ev, &d)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.proof.drop(&d)
	return nil
}

func (r *rareEvents) takeReorder(t *Tracer, b []byte) error {
	ev, err := decodeEvent[gen.VethtraceReorderEvent](b)
	if err != nil {
		return err
	}
	var re Reorder
	if err := t.reorder(ev, &re); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if re.Move != nil {
		re.Move.Comm = r.comm.of(re.Move.PID)
	}
	r.proof.reorder(&re)
	if !r.wanted {
		return nil
	}
	if len(r.told.reorders) >= mostTold {
		r.lost++
		return nil
	}
	r.told.reorders = append(r.told.reorders, re)
	r.waiting.Store(true)
	return nil
}

func (r *rareEvents) takeTCP(t *Tracer, b []byte) error {
	ev, err := decodeEvent[gen.VethtraceTcpEvent](b)
	if err != nil {
		return err
	}
	state := socketStateOf(ev)
	if ev.Type > eventSynAck {
		sig := signalOf(ev, state)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.proof.signal(&sig)
		return nil
	}
	var re Retransmit
	t.retransmit(ev, &re)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.countSegs(&re, ev)
	r.proof.retransmit(&re, state)
	return nil
}

// countSegs sets how many segments the kernel counted. It does so before it
// tries to send; what came of an attempt that failed is only seen in the
// socket's total, and before 6.17 no event tells of it.
func (r *rareEvents) countSegs(re *Retransmit, ev *gen.VethtraceTcpEvent) {
	if re.Class == ClassSYNACK {
		return
	}
	c := connection{re.Netns, re.Flow}
	before, known := r.sent[c]
	if len(r.sent) >= mostSent {
		clear(r.sent)
	}
	r.sent[c] = ev.TotalRetrans
	switch {
	case known && ev.TotalRetrans >= before:
		re.Segs = ev.TotalRetrans - before
	case re.Failed:
		re.Segs = 0
	}
}

// settle hands on the retransmits that have got their verdicts.
func (r *rareEvents) settle(t *Tracer, nowNS uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(r.proof.settle(nowNS))
}

// finish decides the others too, by what is known now.
func (r *rareEvents) finish() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(r.proof.finish())
}

// tell keeps them for Events. The caller holds r.mu.
func (r *rareEvents) tell(decided []*Retransmit) {
	if !r.wanted || len(decided) == 0 {
		return
	}
	if room := mostTold - len(r.told.retransmits); len(decided) > room {
		r.lost += uint64(len(decided) - room)
		decided = decided[:room]
	}
	r.told.retransmits = append(r.told.retransmits, decided...)
	r.waiting.Store(true)
}

// watch notes that from then on signals are seen.
func (r *rareEvents) watch(sinceNS uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.proof.watch(sinceNS)
}

// flows returns the TCP connections of a snapshot, and their sum.
func (r *rareEvents) flows() ([]TCPFlow, Retransmits) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.proof.flows(), r.proof.totals()
}

// unread is how many events could not be looked at or handed on.
func (r *rareEvents) unread() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// want says whether anybody will ask for what happens from now on.
func (r *rareEvents) want(yes bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wanted, r.told = yes, told{}
	r.waiting.Store(false)
}

// happened returns what has happened since it was last called.
func (r *rareEvents) happened() told {
	if !r.waiting.Load() {
		return told{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.told
	r.told = told{}
	r.waiting.Store(false)
	return all
}

// catchUpWithin bounds the wait for a reader that is behind.
const catchUpWithin = 500 * time.Millisecond

// catchUp waits until what is in the ring buffer now has been looked at, or
// until that takes too long.
func (r *rareEvents) catchUp() {
	for deadline := time.Now().Add(catchUpWithin); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if r.reader.AvailableBytes() == 0 {
			break
		}
	}
	r.mu.Lock() // the last one too
	defer r.mu.Unlock()
}

// Close ends run.
func (r *rareEvents) Close() error { return r.reader.Close() }
