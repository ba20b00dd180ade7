// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/gen"
)

const (
	defaultSlotBits    = 15
	defaultFlowBits    = 11
	defaultBufferBytes = 8 << 20
)

// load puts the programs of the chosen hooks and the maps into the kernel, set
// up by opts. The caller closes the collection.
func load(f *features, chosen []choice, opts Options) (*ebpf.Collection, error) {
	// Before 5.11 the kernel counted maps against RLIMIT_MEMLOCK. Where it
	// cannot be raised, loading says so.
	_ = rlimit.RemoveMemlock()

	spec, err := gen.LoadVethtrace()
	if err != nil {
		return nil, fmt.Errorf("reading the built-in BPF object: %w", err)
	}
	if err := setKnobs(spec, f, opts); err != nil {
		return nil, err
	}
	if err := sizeMaps(spec, opts); err != nil {
		return nil, err
	}
	keepPrograms(spec, chosen)
	if !f.compareExchange {
		for _, p := range spec.Programs {
			storeInsteadOfExchange(p.Instructions)
		}
	}
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{
		Programs: ebpf.ProgramOptions{KernelTypes: f.types},
	})
	var verifier *ebpf.VerifierError
	switch {
	case errors.Is(err, os.ErrPermission) && !mayTrace():
		return nil, fmt.Errorf("tracing needs root, or CAP_BPF and CAP_PERFMON (`vethtrace check` names what is missing): %w", os.ErrPermission)
	case errors.As(err, &verifier) && !errors.Is(err, unix.EPERM):
		return nil, fmt.Errorf("loading BPF programs: the verifier of kernel %s refuses %w", f.kernel, refusal(err, verifier))
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("loading BPF programs (`vethtrace check` may say what forbids it): %w", err)
	case err != nil:
		return nil, fmt.Errorf("loading BPF programs: %w", err)
	}
	// Global variables are the programs' own from now on: what is left of
	// them here would stay mapped after Close.
	coll.Variables = nil
	for name, m := range coll.Maps {
		if strings.HasPrefix(name, ".") {
			m.Close()
			delete(coll.Maps, name)
		}
	}
	return coll, nil
}

// keepPrograms leaves in spec only the programs that will be attached.
func keepPrograms(spec *ebpf.CollectionSpec, chosen []choice) {
	keep := make(map[string]bool)
	for _, c := range chosen {
		keep[c.program()] = c.means != ""
	}
	maps.DeleteFunc(spec.Programs, func(name string, _ *ebpf.ProgramSpec) bool { return !keep[name] })
}

// setKnobs sets the `const volatile` variables of bpf/knobs.h and
// bpf/compat.bpf.h.
func setKnobs(spec *ebpf.CollectionSpec, f *features, opts Options) error {
	knobs := map[string]any{
		"has_rdonly_cast":    f.rdonlyCast,
		"filter":             opts.Filter.knob(),
		"slot_bits":          or(opts.slotBits, defaultSlotBits),
		"device_bits":        deviceBits(),
		"flow_bits":          or(opts.flowBits, defaultFlowBits),
		"emit_hops":          opts.Emit != nil && !opts.Emit.NoHops,
		"emit_drops":         opts.Emit != nil,
		"kinds":              kindsMask(opts.Kinds),
		"has_drop_reason":    f.dropReasons != nil,
		"has_int_pointers":   f.intPointers,
		"has_retransmit_err": f.retransmitErr,
	}
	if f.knowsSoftirq() {
		knobs["has_percpu"] = true
		for knob, offset := range f.percpu {
			knobs[knob] = offset
		}
		knobs["has_softnet"] = f.knowsBacklog()
	}
	if e := opts.Emit; e != nil {
		knobs["emit_every"] = max(e.Every, 1)
		knobs["emit_slower_ns"] = uint64(e.SlowerThan)
	}
	for name, value := range knobs {
		v, ok := spec.Variables[name]
		if !ok {
			return fmt.Errorf("setting %q: the built-in BPF object has no such variable", name)
		}
		if err := v.Set(value); err != nil {
			return fmt.Errorf("setting %q: %w", name, err)
		}
	}
	return nil
}

// sizeMaps gives the maps the sizes that the knobs say.
func sizeMaps(spec *ebpf.CollectionSpec, opts Options) error {
	n, err := ebpf.PossibleCPU()
	if err != nil {
		return fmt.Errorf("counting CPUs: %w", err)
	}
	spec.Maps["cpus"].MaxEntries = uint32(n)
	spec.Maps["slots"].MaxEntries = 1 << or(opts.slotBits, defaultSlotBits)
	spec.Maps["device_cells"].MaxEntries = 1 << deviceBits()
	spec.Maps["flow_cells"].MaxEntries = 1 << or(opts.flowBits, defaultFlowBits)
	spec.Maps["orders"].MaxEntries = 1 << or(opts.flowBits, defaultFlowBits)
	if opts.Emit != nil {
		spec.Maps["events"].MaxEntries = or(opts.Emit.BufferBytes, defaultBufferBytes)
	}
	return nil
}

// deviceBits is log2 of the number of device cells: one for each veth and CPU
// that receives, twice over so that probing finds a place, within 2 MiB to
// 64 MiB of kernel memory.
func deviceBits() uint32 {
	return clampLog2(2*ebpf.MustPossibleCPU()*max(countVeths(), 32), 8, 13)
}

// clampLog2 returns the smallest b with 2^b >= n, within low and high.
func clampLog2(n int, low, high uint32) uint32 {
	b := low
	for b < high && 1<<b < n {
		b++
	}
	return b
}

// or returns v, or def when v is 0.
func or(v, def uint32) uint32 {
	if v == 0 {
		return def
	}
	return v
}

// storeInsteadOfExchange replaces each compare-and-exchange by a store, which
// leaves the old value where the program looks for it, as if the exchange had
// succeeded. Two CPUs that take the same slot in the same nanoseconds then
// lose a hop that is not counted as missed.
func storeInsteadOfExchange(insns asm.Instructions) {
	for i := range insns {
		if insns[i].OpCode.Class() != asm.StXClass || insns[i].OpCode.Mode() != asm.AtomicMode {
			continue
		}
		if insns[i].OpCode.AtomicOp() == asm.CmpXchg {
			store := asm.StoreMem(insns[i].Dst, insns[i].Offset, insns[i].Src, asm.DWord)
			store.Metadata = insns[i].Metadata
			insns[i] = store
		}
	}
}

// attach attaches a chosen hook. The caller closes the link; the kernel does
// when the process dies. Errors are of type attachError.
func attach(coll *ebpf.Collection, c choice) (l link.Link, err error) {
	p := coll.Programs[c.program()]
	if c.means == ModeKprobe {
		l, err = link.Kprobe(c.function, p, nil)
	} else {
		l, err = link.AttachTracing(link.TracingOptions{Program: p})
	}
	if err != nil {
		return nil, &attachError{c, err}
	}
	return l, nil
}
