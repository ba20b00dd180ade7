// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/gen"
)

// Tracer is a running trace. Its methods may be called from several
// goroutines. The caller closes it; when the process dies instead, the kernel
// removes everything.
type Tracer struct {
	opts Options
	run  Run
	coll *ebpf.Collection

	cpus    *mapped[gen.VethtraceCpuState]
	slots   *mapped[gen.VethtraceSlotBucket]
	devices *cellTable
	flows   *cellTable
	orders  *mapped[gen.VethtraceOrder]
	rare    *rareEvents

	startNS      uint64
	startCPU     time.Duration
	startSoftnet map[int]Softnet
	ownStats     bool

	mu      sync.Mutex
	closers []io.Closer
	names   *names
	// hooks are what is attached, and, until they are needed, what may be.
	hooks []choice
	// attached says which of them have been.
	attached map[string]bool
	kprobes  []link.Link
	// started is set when all hooks are attached that always are; watching
	// when what arrives at TCP sockets is seen.
	started     bool
	watching    atomic.Bool
	dropReasons map[uint32]string
	// past is what flows counted that are no longer in the table, by the
	// device's words of their keys.
	past    map[deviceKey]*gen.VethtraceCell
	expired uint64
	// pastOrders is the same of the order of their packets, by device.
	pastOrders map[DeviceID]*Order
	// inUse are the entries of orders that cells referred to in the last round
	// of maintenance, by index; unused those that none did.
	inUse, unused map[uint32]bool
	netstats      *netstats
	// abandoned counts hops given up, by the address of the transmitting
	// device; unfinished are those the next sweep may give up.
	abandoned  map[uint64]uint64
	unfinished map[*uint64]unfinished
}

// Start loads the programs and attaches them; hops are counted from its
// return. It needs CAP_BPF and CAP_PERFMON (since 5.8), before that
// CAP_SYS_ADMIN, and kernel BTF; errors say what is missing.
func Start(opts Options) (*Tracer, error) {
	if err := opts.Filter.Validate(); err != nil {
		return nil, err
	}
	f, err := probeFeatures()
	if err != nil {
		return nil, err
	}
	c := f.chooser()
	for {
		mode, chosen, err := c.chooseMode(opts.Mode, kindsOrVeth(opts.Kinds), opts.Strict)
		if err != nil {
			return nil, err
		}
		t := newTracer(opts, mode, chosen)
		err = t.start(f)
		if err == nil {
			return t, nil
		}
		err = errors.Join(err, t.Close())
		name, why, ok := retryable(err, chosen, opts.Strict)
		if !ok {
			return nil, err
		}
		c.banned[name] = why
	}
}

// newTracer is a tracer that has still to start.
func newTracer(opts Options, mode Mode, chosen []choice) *Tracer {
	return &Tracer{
		opts:      opts,
		run:       Run{Mode: mode, Hooks: listed(chosen), Kinds: kindsOrVeth(opts.Kinds)},
		hooks:     chosen,
		attached:  make(map[string]bool),
		names:     newNames(),
		past:      make(map[deviceKey]*gen.VethtraceCell),
		abandoned: make(map[uint64]uint64),

		pastOrders: make(map[DeviceID]*Order),
	}
}

func (t *Tracer) start(f *features) error {
	coll, err := load(f, t.hooks, t.opts)
	if err != nil {
		return err
	}
	t.dropReasons = f.dropReasons
	t.coll = coll
	t.closeLater(closerFunc(func() error { coll.Close(); return nil }))
	if err := t.mapAll(); err != nil {
		return err
	}
	if t.opts.OwnCost {
		stats, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
		if err != nil {
			return fmt.Errorf("switching on BPF statistics (needs CAP_SYS_ADMIN): %w", err)
		}
		t.closeLater(stats)
		t.ownStats = true
	}
	if t.startSoftnet, err = readSoftnet(); err != nil {
		t.run.Warnings = append(t.run.Warnings, err.Error())
	}
	t.netstats = newNetstats(ListNetns())
	t.describe(f)
	if err := t.startRare(); err != nil {
		return err
	}
	for _, c := range t.hooks {
		if c.when != always || c.means == "" {
			continue
		}
		l, err := attach(coll, c)
		if err != nil {
			return err
		}
		t.mu.Lock()
		t.attach(c, l)
		t.mu.Unlock()
	}
	// The kernel's BTF, tens of MiB, is not needed any more.
	f.types, f.cache = nil, nil
	debug.FreeOSMemory()
	t.startNS = monotonicNS()
	t.startCPU = userCPU()
	t.mu.Lock()
	t.started = true
	t.mu.Unlock()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		t.maintain(stop)
	}()
	t.closeLater(closerFunc(func() error {
		close(stop)
		<-stopped
		return nil
	}))
	return nil
}

// startRare reads rare events from now on. What they need that is attached only
// then, is attached at once.
func (t *Tracer) startRare() (err error) {
	if t.rare, err = newRareEvents(t.coll.Maps["rare"], t.watchTCP); err != nil {
		return err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.rare.run(t)
	}()
	t.closeLater(closerFunc(func() error {
		err := t.rare.Close()
		<-done
		return err
	}))
	return nil
}

// mapAll maps the arrays that are read as memory.
func (t *Tracer) mapAll() (err error) {
	if t.cpus, err = mapArray[gen.VethtraceCpuState](t.coll.Maps["cpus"]); err != nil {
		return err
	}
	t.closeLater(t.cpus)
	if t.slots, err = mapArray[gen.VethtraceSlotBucket](t.coll.Maps["slots"]); err != nil {
		return err
	}
	t.closeLater(t.slots)
	if t.orders, err = mapArray[gen.VethtraceOrder](t.coll.Maps["orders"]); err != nil {
		return err
	}
	t.closeLater(t.orders)
	for name, table := range map[string]**cellTable{
		"device_cells": &t.devices, "flow_cells": &t.flows,
	} {
		if *table, err = mapArray[gen.VethtraceCell](t.coll.Maps[name]); err != nil {
			return err
		}
		t.closeLater(*table)
	}
	return nil
}

// describe fills in what headers say about the run.
func (t *Tracer) describe(f *features) {
	now := time.Now()
	t.run.Kernel = f.kernel
	t.run.Started = now
	t.run.WallOffsetNS = now.UnixNano() - int64(monotonicNS())
	t.run.Filter = t.opts.Filter.Text
	t.run.Clocksource = clocksource()
	switch t.run.Clocksource {
	case "tsc", "kvm-clock", "arch_sys_counter":
	default:
		t.run.Warnings = append(t.run.Warnings, fmt.Sprintf(
			"clock source is %q: times taken on two CPUs may differ by more than a stage lasts", t.run.Clocksource))
	}
	if !f.knowsSoftirq() {
		t.run.Warnings = append(t.run.Warnings,
			"this kernel does not tell whether a task or a softirq transmits: runner inline may be hardirq")
	}
}

// Run returns what headers say.
func (t *Tracer) Run() Run {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.run
}

// attach notes the link of a hook. The caller holds t.mu.
func (t *Tracer) attach(c choice, l link.Link) {
	t.closers = append(t.closers, l)
	t.attached[c.name] = true
	if c.means == ModeKprobe {
		t.kprobes = append(t.kprobes, l)
	}
}

// closeLater puts c on the list of what Close closes, last first.
func (t *Tracer) closeLater(c io.Closer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closers = append(t.closers, c)
}

// Close detaches and unloads everything. It may be called again.
func (t *Tracer) Close() error {
	t.mu.Lock()
	closers := t.closers
	t.closers = nil
	t.mu.Unlock()
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i].Close())
	}
	return errors.Join(errs...)
}

func (t *Tracer) closed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closers == nil
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }

// monotonicNS reads CLOCK_MONOTONIC, which bpf_ktime_get_ns also gives.
func monotonicNS() uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return uint64(ts.Nano())
}
