// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/gen"
)

// States of a cell, enum cell_state in bpf/abi.h.
const (
	cellFree = iota
	cellLive
	cellRetiring
)

// mapped is a BPF array seen as memory (BPF_F_MMAPABLE, since 5.5,
// fc9702273e2e): reading it costs no system call.
type mapped[T any] struct {
	mem   []byte
	items []T
}

// mapArray maps a BPF array whose values are of type T.
func mapArray[T any](m *ebpf.Map) (*mapped[T], error) {
	var t T
	size := int(m.ValueSize()+7) &^ 7
	if size != int(unsafe.Sizeof(t)) {
		return nil, fmt.Errorf("mapping BPF map: a value has %d bytes, %T has %d", size, t, unsafe.Sizeof(t))
	}
	n := int(m.MaxEntries())
	page := unix.Getpagesize()
	mem, err := unix.Mmap(m.FD(), 0, (n*size+page-1)&^(page-1), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping BPF map of %d bytes: %w", n*size, err)
	}
	return &mapped[T]{mem: mem, items: unsafe.Slice((*T)(unsafe.Pointer(&mem[0])), n)}, nil
}

// Close unmaps the memory; items must not be used after.
func (m *mapped[T]) Close() error {
	if m.mem == nil {
		return nil
	}
	mem := m.mem
	m.mem, m.items = nil, nil
	return unix.Munmap(mem)
}

// cellTable is an array of cells, struct cell in bpf/abi.h.
type cellTable = mapped[gen.VethtraceCell]

// liveCells calls fn with each cell in use, also with one marked for removal.
// The kernel goes on counting while fn reads, each number whole.
func liveCells(t *cellTable, fn func(*gen.VethtraceCell)) {
	for i := range t.items {
		c := &t.items[i]
		// The words of the CPUs and the flow are written after the state;
		// until then there is no key.
		if atomic.LoadUint64(&c.State) != cellFree && atomic.LoadUint64(&c.LastNs) != 0 {
			fn(c)
		}
	}
}

// expireCells frees cells with no hop since before, in two steps, so that a
// program which found a cell just before is done with it: a first call marks
// the cell, a later one hands it to remember and clears it. It returns how
// many were freed.
func expireCells(t *cellTable, before uint64, remember func(*gen.VethtraceCell)) uint64 {
	var freed uint64
	for i := range t.items {
		c := &t.items[i]
		switch atomic.LoadUint64(&c.State) {
		case cellRetiring:
			remember(c)
			*c = gen.VethtraceCell{State: cellRetiring}
			atomic.StoreUint64(&c.State, cellFree)
			freed++
		case cellLive:
			if last := atomic.LoadUint64(&c.LastNs); last != 0 && last < before {
				atomic.StoreUint64(&c.State, cellRetiring)
			}
		}
	}
	return freed
}
