// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"github.com/vethtrace/vethtrace/lab"
)

// witness counts how often a BPF program runs when an end of a lab transmits,
// and does nothing else. Not every kernel runs programs whenever a tracepoint
// is passed: that of the development machine does not run raw tracepoint
// programs in softirqs that interrupt some processes, while ftrace sees the
// same packets. What such a kernel hides is no fault of the trace.
type witness struct {
	t    testing.TB
	seen *ebpf.Map
}

// watchXmit starts a witness of both ends, which goes with the test.
func watchXmit(t testing.TB, l *lab.Lab) *witness {
	t.Helper()
	seen, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Hash, KeySize: 8, ValueSize: 8, MaxEntries: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { seen.Close() })
	for _, e := range l.Ends {
		if err := seen.Put(deviceIDOf(e).key(), uint64(0)); err != nil {
			t.Fatal(err)
		}
	}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Name: "witness", Type: ebpf.RawTracepoint, License: "GPL", Instructions: witnessProgram(t, seen),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close() })
	tp, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: "net_dev_start_xmit", Program: prog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tp.Close() })
	return &witness{t, seen}
}

// xmits returns how often the program ran for each end that transmits.
func (w *witness) xmits(l *lab.Lab) (n [2]uint64) {
	w.t.Helper()
	for i, e := range l.Ends {
		if err := w.seen.Lookup(deviceIDOf(e).key(), &n[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	return n
}

// witnessProgram adds one to seen[netns inode << 32 | ifindex] of the device in
// the tracepoint's second argument, if that is a key of seen.
func witnessProgram(t testing.TB, seen *ebpf.Map) asm.Instructions {
	t.Helper()
	types, err := btf.LoadKernelSpec()
	if err != nil {
		t.Fatal(err)
	}
	ifindex := offsetIn(t, types, "net_device", "ifindex")
	net := offsetIn(t, types, "net_device", "nd_net") // its only field is the pointer
	inum := offsetIn(t, types, "net", "ns") + offsetIn(t, types, "ns_common", "inum")
	const buf = -8
	read := func(from asm.Register, offset, size int32) asm.Instructions {
		return asm.Instructions{
			asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, buf),
			asm.Mov.Imm(asm.R2, size),
			asm.Mov.Reg(asm.R3, from), asm.Add.Imm(asm.R3, offset),
			asm.FnProbeReadKernel.Call(),
		}
	}
	var p asm.Instructions
	p = append(p, asm.LoadMem(asm.R6, asm.R1, 8, asm.DWord), asm.Mov.Imm(asm.R0, 0), asm.StoreMem(asm.RFP, buf, asm.R0, asm.DWord))
	p = append(p, read(asm.R6, ifindex, 4)...)
	p = append(p, asm.LoadMem(asm.R7, asm.RFP, buf, asm.Word))
	p = append(p, read(asm.R6, net, 8)...)
	p = append(p, asm.LoadMem(asm.R8, asm.RFP, buf, asm.DWord))
	p = append(p, read(asm.R8, inum, 4)...)
	return append(p,
		asm.LoadMem(asm.R8, asm.RFP, buf, asm.Word),
		asm.LSh.Imm(asm.R8, 32), asm.Or.Reg(asm.R8, asm.R7),
		asm.StoreMem(asm.RFP, buf, asm.R8, asm.DWord),
		asm.LoadMapPtr(asm.R1, seen.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, buf),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
		asm.Mov.Imm(asm.R1, 1), asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol("out"), asm.Return(),
	)
}

// offsetIn finds a field of a kernel structure, also in unnamed ones within.
func offsetIn(t testing.TB, types *btf.Spec, name, field string) int32 {
	t.Helper()
	var s *btf.Struct
	if err := types.TypeByName(name, &s); err != nil {
		t.Fatal(err)
	}
	bytes, err := memberOffset(s.Members, field)
	if err != nil {
		t.Fatalf("struct %s: %v", name, err)
	}
	return int32(bytes)
}

func memberOffset(members []btf.Member, field string) (uint32, error) {
	for _, m := range members {
		if m.Name == field {
			return m.Offset.Bytes(), nil
		}
		if m.Name != "" {
			continue
		}
		var inner []btf.Member
		switch u := m.Type.(type) {
		case *btf.Struct:
			inner = u.Members
		case *btf.Union:
			inner = u.Members
		}
		if at, err := memberOffset(inner, field); err == nil {
			return m.Offset.Bytes() + at, nil
		}
	}
	return 0, fmt.Errorf("no field %q", field)
}
