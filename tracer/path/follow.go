// SPDX-License-Identifier: Apache-2.0

package path

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"

	"github.com/vethtrace/vethtrace/gen"
	"github.com/vethtrace/vethtrace/tracer"
)

// MaxStack is how many of a stack's frames are told.
const MaxStack = len(gen.FollowFollowEvent{}.Stack)

// follower sees packets at all points of the machine.
type follower struct {
	coll   *ebpf.Collection
	links  []link.Link
	reader *ringbuf.Reader
	words  *tracer.KernelWords
	names  *tracer.Names
	// symbols are read when the first packet was dropped, and not by who reads
	// the events: it takes long.
	symbols func() *symbols

	done chan struct{}
	mu   sync.Mutex
	seen map[uint32][]sighting
	// order is the packets as they were first seen.
	order []uint32
	// taken is how many events were read, unread how many of them could not be
	// decoded.
	taken, unread uint64
}

// following says what to follow.
type following struct {
	// proto is that of the probes; 0 follows none but what is watched.
	proto uint8
	// watch is how many packets of the traffic that filter chooses to follow.
	watch  int
	filter tracer.Filter
	stack  bool
}

// startFollower loads and attaches everything. The caller closes it; the kernel
// does when the process dies.
func startFollower(what following) (f *follower, err error) {
	// Before 5.11 the kernel counted maps against RLIMIT_MEMLOCK. Where it
	// cannot be raised, loading says so.
	_ = rlimit.RemoveMemlock()
	f = &follower{
		names: tracer.NewNames(), symbols: sync.OnceValue(readSymbols),
		done: make(chan struct{}), seen: make(map[uint32][]sighting),
	}
	if f.words, err = tracer.ReadKernelWords(); err != nil {
		return nil, err
	}
	if f.coll, err = load(f.words, what); err != nil {
		return nil, err
	}
	if err := f.start(); err != nil {
		return nil, errors.Join(err, f.unload())
	}
	go f.read()
	return f, nil
}

// start attaches all, and only then lets packets be chosen of the traffic: else
// the beginning of their way would be missing.
func (f *follower) start() error {
	if err := f.setWatched(math.MaxUint64); err != nil {
		return err
	}
	if err := f.attach(); err != nil {
		return err
	}
	return f.setWatched(0)
}

// setWatched sets how many packets each CPU has chosen.
func (f *follower) setWatched(n uint64) error {
	m := f.coll.Maps["follow_cpus"]
	for i := range m.MaxEntries() {
		if err := m.Put(i, gen.FollowFollowCpu{Watched: n}); err != nil {
			return fmt.Errorf("setting up the programs: %w", err)
		}
	}
	return nil
}

func load(words *tracer.KernelWords, what following) (*ebpf.Collection, error) {
	spec, err := gen.LoadFollow()
	if err != nil {
		return nil, fmt.Errorf("reading the built-in BPF object: %w", err)
	}
	for name, value := range map[string]any{
		"has_rdonly_cast": words.RdonlyCast,
		"has_drop_reason": words.DropReasons != nil,
		"follow_proto":    what.proto,
		"follow_watch":    uint32(what.watch),
		"follow_stack":    what.stack,
		"filter":          what.filter.Knob(),
	} {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("setting %q: %w", name, err)
		}
	}
	n, err := ebpf.PossibleCPU()
	if err != nil {
		return nil, fmt.Errorf("counting CPUs: %w", err)
	}
	spec.Maps["follow_cpus"].MaxEntries = uint32(n)
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{
		Programs: ebpf.ProgramOptions{KernelTypes: words.Types},
	})
	return coll, words.LoadError(err)
}

func (f *follower) attach() (err error) {
	if f.reader, err = ringbuf.NewReader(f.coll.Maps["follow_events"]); err != nil {
		return fmt.Errorf("opening the ring buffer: %w", err)
	}
	for name, p := range f.coll.Programs {
		l, err := link.AttachTracing(link.TracingOptions{Program: p})
		if err != nil {
			return fmt.Errorf("attaching program %s: %w", name, err)
		}
		f.links = append(f.links, l)
	}
	return nil
}

// add follows a probe from now on, and what will be answered.
func (f *follower) add(probe uint32, flow tracer.FlowKey) error {
	answer := flow
	answer.Src, answer.Dst = flow.Dst, flow.Src
	const out, back = 0, 1
	m := f.coll.Maps["follow_flows"]
	for way, k := range []tracer.FlowKey{out: flow, back: answer} {
		id := gen.FollowFollowId{Probe: probe, Way: uint32(way)}
		err := m.Update(gen.FollowFollowKey{Flow: k.Words()}, id, ebpf.UpdateNoExist)
		// From an address to itself, both ways may be the same.
		if err != nil && (way == out || !errors.Is(err, ebpf.ErrKeyExist)) {
			return fmt.Errorf("naming the packets to follow: %w", err)
		}
	}
	return nil
}

// read takes in events until the reader is closed.
func (f *follower) read() {
	defer close(f.done)
	var rec ringbuf.Record
	for f.reader.ReadInto(&rec) == nil {
		ev, err := decode(rec.RawSample)
		var s sighting
		if err == nil {
			s = f.sighting(ev)
		}
		f.take(s, err)
	}
}

func (f *follower) take(s sighting, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taken++
	if err != nil {
		f.unread++
		return
	}
	if _, known := f.seen[s.probe]; !known {
		f.order = append(f.order, s.probe)
	}
	f.seen[s.probe] = append(f.seen[s.probe], s)
}

// of returns what has been seen of one packet.
func (f *follower) of(probe uint32) []sighting {
	f.mu.Lock()
	seen := slices.Clone(f.seen[probe])
	f.mu.Unlock()
	for i := range seen {
		if seen[i].Point == PointDrop {
			seen[i].name(f.symbols())
		}
	}
	return seen
}

// probes returns the packets that have been seen, in that order.
func (f *follower) probes() []uint32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.order)
}

// settleWithin bounds the wait for a reader that is behind.
const settleWithin = 2 * time.Second

// settle waits until what has been told by now has been taken in.
func (f *follower) settle() {
	for deadline := time.Now().Add(settleWithin); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		told, _, err := f.counts()
		f.mu.Lock()
		taken := f.taken
		f.mu.Unlock()
		if err != nil || taken >= told {
			return
		}
	}
}

// counts adds up what the CPUs have told and could not tell.
func (f *follower) counts() (told uint64, l Losses, err error) {
	var cpu gen.FollowFollowCpu
	m := f.coll.Maps["follow_cpus"]
	for i := range m.MaxEntries() {
		if err := m.Lookup(i, &cpu); err != nil {
			return told, l, fmt.Errorf("reading losses: %w", err)
		}
		told += cpu.Told
		l.Ringbuf += cpu.RingbufLost
		l.TableFull += cpu.TableFull
	}
	return told, l, nil
}

// losses adds up what was not seen.
func (f *follower) losses() (Losses, error) {
	_, l, err := f.counts()
	if err != nil {
		return l, err
	}
	f.mu.Lock()
	l.Ringbuf += f.unread
	f.mu.Unlock()
	for _, p := range f.coll.Programs {
		// Counted since 5.12 (9ed9e9ba2337); before, there is 0.
		if stats, err := p.Stats(); err == nil {
			l.Recursion += stats.RecursionMisses
		}
	}
	return l, nil
}

// unload detaches and frees what there is.
func (f *follower) unload() error {
	var errs []error
	for _, l := range f.links {
		errs = append(errs, l.Close())
	}
	if f.reader != nil {
		errs = append(errs, f.reader.Close())
	}
	f.coll.Close()
	return errors.Join(errs...)
}

// Close ends it.
func (f *follower) Close() error {
	err := f.unload()
	<-f.done
	return err
}
