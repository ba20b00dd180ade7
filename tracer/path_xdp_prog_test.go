// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
)

// Answers of an XDP program, with those of xdp_test.go.
const xdpTx = 3

// Keys of what a udpVerdict counts.
const (
	countOther  = iota // not UDP of IPv4: passed
	countUDP           // met
	countActed         // got the verdict
	countPassed        // UDP that was passed
	counts
)

// udpVerdict is an XDP program that gives some of the UDP packets of IPv4 a
// verdict, passes all others, and counts them.
type udpVerdict struct {
	prog *ebpf.Program
	seen *ebpf.Map
}

// newUDPVerdict makes a program that gives one datagram in so many the verdict
// that instructions leave in R0. These find the context in R6 and the frame in
// R7, as far as the IPv4 header.
func newUDPVerdict(t testing.TB, every int32, verdict asm.Instructions) *udpVerdict {
	t.Helper()
	needRoot(t)
	seen, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8, MaxEntries: counts})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { seen.Close() })
	// count leaves the number before in R9.
	count := func(key int64) asm.Instructions {
		return asm.Instructions{
			asm.StoreImm(asm.RFP, -4, key, asm.Word),
			asm.LoadMapPtr(asm.R1, seen.FD()),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -4),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "abort"),
			asm.LoadMem(asm.R9, asm.R0, 0, asm.DWord),
			asm.Mov.Imm(asm.R1, 1), asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		}
	}
	const ipv4, protoAt, headers = 0x0008, 23, 34
	p := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMem(asm.R7, asm.R6, 0, asm.Word), asm.LoadMem(asm.R8, asm.R6, 4, asm.Word),
		asm.Mov.Reg(asm.R2, asm.R7), asm.Add.Imm(asm.R2, headers),
		asm.JGT.Reg(asm.R2, asm.R8, "other"),
		asm.LoadMem(asm.R2, asm.R7, 12, asm.Half), asm.JNE.Imm(asm.R2, ipv4, "other"),
		asm.LoadMem(asm.R2, asm.R7, protoAt, asm.Byte), asm.JNE.Imm(asm.R2, protoUDP, "other"),
	}
	p = append(p, count(countUDP)...)
	p = append(p, asm.Mod.Imm(asm.R9, every), asm.JNE.Imm(asm.R9, 0, "passed"))
	p = append(p, count(countActed)...)
	p = append(p, verdict...)
	p = append(p, asm.Return())
	for label, key := range map[string]int64{"other": countOther, "passed": countPassed} {
		end := count(key)
		end[0] = end[0].WithSymbol(label)
		p = append(append(p, end...), asm.Mov.Imm(asm.R0, xdpPass), asm.Return())
	}
	p = append(p, asm.Mov.Imm(asm.R0, 0).WithSymbol("abort"), asm.Return())
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, Instructions: p, License: "GPL"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close() })
	return &udpVerdict{prog, seen}
}

func (v *udpVerdict) counted(t testing.TB, key uint32) (n uint64) {
	t.Helper()
	if err := v.seen.Lookup(key, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (v *udpVerdict) udp(t testing.TB) uint64   { t.Helper(); return v.counted(t, countUDP) }
func (v *udpVerdict) acted(t testing.TB) uint64 { t.Helper(); return v.counted(t, countActed) }

// passed is all that the program passed on, also what is not UDP.
func (v *udpVerdict) passed(t testing.TB) uint64 {
	t.Helper()
	return v.counted(t, countPassed) + v.counted(t, countOther)
}

// wantCounted waits until all is accounted for at end b, where the program is,
// and fails unless what it passed are the hops, and what it did not the drops.
func (v *udpVerdict) wantCounted(t testing.TB, m *meter) {
	t.Helper()
	var a, b growth
	if !poll(func() bool {
		both := m.grown()
		a, b = both[0], both[1]
		return b.accounted() && a.hops+a.missed+a.dropped == a.xmits
	}) {
		t.Errorf("not all is accounted for: %+v and %+v", a, b)
	}
	// End a may get frames that nobody transmitted, which are no hops.
	if a.hops != a.xmits && b.unseen() == 0 {
		t.Errorf("end a: hops %d, missed %d, dropped %d, want the %d that b transmitted", a.hops, a.missed, a.dropped, a.xmits)
	}
	passed, acted := v.passed(t), v.acted(t)
	t.Logf("passed %d, not passed %d; hops %d, missed %d, dropped %d, unseen %d, paths %v",
		passed, acted, b.hops, b.missed, b.dropped, b.unseen(), b.paths)
	if passed+acted != b.kernel.rxPackets {
		t.Errorf("the program met %d packets, the device %d", passed+acted, b.kernel.rxPackets)
	}
	if b.hops > passed || b.dropped > acted {
		t.Errorf("hops %d, dropped %d, want no more than %d and %d", b.hops, b.dropped, passed, acted)
	}
	if b.unseen() == 0 && (b.missed != 0 || b.hops != passed || b.dropped != acted) {
		t.Errorf("hops %d, missed %d, dropped %d, want %d, 0 and %d", b.hops, b.missed, b.dropped, passed, acted)
	}
	id := deviceIDOf(m.l.Ends[1])
	if d := deviceIn(snapshot(t, m.tr), id); d.Drops[DropXDP]-m.at.traced[1].Drops[DropXDP] != b.dropped {
		t.Errorf("drops %v, before %v: want all %d new ones of cause xdp", d.Drops, m.at.traced[1].Drops, b.dropped)
	}
	if want := [NumPaths]uint64{PathXDP: b.hops}; b.paths != want {
		t.Errorf("paths %v, want all %d by xdp", b.paths, b.hops)
	}
}
