// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// detach takes one program of a running trace off its tracepoint.
func detach(t testing.TB, tr *Tracer, program string) {
	t.Helper()
	id := programID(t, tr.coll.Programs[program])
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, c := range tr.closers {
		l, ok := c.(link.Link)
		if !ok {
			continue
		}
		info, err := l.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Program == id {
			// Close is called again at the end, and does nothing then.
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("program %q is not attached", program)
}

func programID(t testing.TB, p *ebpf.Program) ebpf.ProgramID {
	t.Helper()
	info, err := p.Info()
	if err != nil {
		t.Fatal(err)
	}
	id, ok := info.ID()
	if !ok {
		t.Fatal("the kernel gives programs no id")
	}
	return id
}
