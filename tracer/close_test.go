// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// Others may load programs at the same time, so the ids of a trace's own
// programs, maps and links are looked for.
func TestCloseLeavesNothing(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{OwnCost: true, Emit: &Emit{}})
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	programs, links := make(map[ebpf.ProgramID]bool), make(map[link.ID]bool)
	for _, p := range tr.coll.Programs {
		programs[programID(t, p)] = true
	}
	eachLink(t, func(id link.ID, prog ebpf.ProgramID) {
		if programs[prog] {
			links[id] = true
		}
	})
	want := 0
	for _, c := range tr.hooks {
		// Kprobes have links with an id since 5.15.
		if c.when == always && (c.means != ModeKprobe || kernelAtLeast(5, 15)) {
			want++
		}
	}
	if len(links) != want {
		t.Errorf("%d links, want %d", len(links), want)
	}
	maps := make(map[ebpf.MapID]bool)
	for _, p := range tr.coll.Programs {
		info, err := p.Info()
		if err != nil {
			t.Fatal(err)
		}
		ids, _ := info.MapIDs()
		for _, id := range ids {
			maps[id] = true
		}
	}
	for range 2 {
		if err := tr.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	left := func() (names []string) {
		for id := range programs {
			if p, err := ebpf.NewProgramFromID(id); !errors.Is(err, os.ErrNotExist) {
				names = append(names, fmt.Sprintf("%v (%v)", p, err))
				p.Close()
			}
		}
		for id := range maps {
			if m, err := ebpf.NewMapFromID(id); !errors.Is(err, os.ErrNotExist) {
				names = append(names, fmt.Sprintf("%v (%v)", m, err))
				m.Close()
			}
		}
		eachLink(t, func(id link.ID, _ ebpf.ProgramID) {
			if links[id] {
				names = append(names, fmt.Sprintf("link %d", id))
			}
		})
		return names
	}
	// The kernel frees maps and programs a moment after the last reference,
	// and cilium/ebpf unmaps global variables when they are collected.
	if !poll(func() bool { runtime.GC(); return len(left()) == 0 }) {
		t.Errorf("left: %q", left())
	}
}

func eachLink(t testing.TB, fn func(link.ID, ebpf.ProgramID)) {
	t.Helper()
	var it link.Iterator
	defer it.Close()
	for it.Next() {
		if info, err := it.Link.Info(); err == nil {
			fn(it.ID, info.Program)
		}
	}
	// A link that is just being freed ends the list.
	if err := it.Err(); err != nil && !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
}

func TestClosedTraceSaysSo(t *testing.T) {
	onceInVM(t)
	tr := startTrace(t, Options{Emit: &Emit{}})
	done := make(chan error)
	go func() { done <- tr.Events(context.Background(), Handlers{}) }()
	if err := tr.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Snapshot(); !errors.Is(err, ErrClosed) {
		t.Errorf("Snapshot: got %v, want %v", err, ErrClosed)
	}
	if err := <-done; !errors.Is(err, ErrClosed) {
		t.Errorf("Hops that was running: got %v, want %v", err, ErrClosed)
	}
	if err := tr.Events(context.Background(), Handlers{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Hops: got %v, want %v", err, ErrClosed)
	}
}

func TestHopsNeedsEmit(t *testing.T) {
	onceInVM(t)
	tr := startTrace(t, Options{})
	err := tr.Events(context.Background(), Handlers{})
	if want := "reading hops: the trace was started without events"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestHopsReturnsTheCallersError(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{}})
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	want := errors.New("enough")
	if err := tr.Events(context.Background(), Handlers{Hop: func(*Hop) error { return want }}); !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}
