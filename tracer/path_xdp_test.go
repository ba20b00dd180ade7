// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/vethtrace/vethtrace/lab"
)

// What a native program does not pass on is no hop but a drop of cause xdp,
// whatever else becomes of it; what it passes on is a hop. The program itself
// counts both.
func TestPathXDPVerdicts(t *testing.T) {
	onceInVM(t)
	swapMACs := asm.Instructions{
		asm.LoadMem(asm.R1, asm.R7, 0, asm.Word), asm.LoadMem(asm.R2, asm.R7, 4, asm.Half),
		asm.LoadMem(asm.R3, asm.R7, 6, asm.Word), asm.LoadMem(asm.R4, asm.R7, 10, asm.Half),
		asm.StoreMem(asm.R7, 0, asm.R3, asm.Word), asm.StoreMem(asm.R7, 4, asm.R4, asm.Half),
		asm.StoreMem(asm.R7, 6, asm.R1, asm.Word), asm.StoreMem(asm.R7, 10, asm.R2, asm.Half),
	}
	for _, tt := range []struct {
		name string
		// every says which UDP packets get the verdict: one in so many.
		every int32
		// verdict of the program at end b, given its lab; also sets up what
		// receives then.
		verdict func(*testing.T, *lab.Lab) (asm.Instructions, *xdpArrivals)
	}{
		{"drop", 1, func(*testing.T, *lab.Lab) (asm.Instructions, *xdpArrivals) {
			return asm.Instructions{asm.Mov.Imm(asm.R0, xdpDrop)}, nil
		}},
		{"drop every other", 2, func(*testing.T, *lab.Lab) (asm.Instructions, *xdpArrivals) {
			return asm.Instructions{asm.Mov.Imm(asm.R0, xdpDrop)}, nil
		}},
		{"send back", 1, func(t *testing.T, l *lab.Lab) (asm.Instructions, *xdpArrivals) {
			return append(swapMACs, asm.Mov.Imm(asm.R0, xdpTx)), arrivalsAt(t, l.Ends[0])
		}},
		{"send back every third", 3, func(t *testing.T, l *lab.Lab) (asm.Instructions, *xdpArrivals) {
			return append(swapMACs, asm.Mov.Imm(asm.R0, xdpTx)), arrivalsAt(t, l.Ends[0])
		}},
		{"redirect to another pair", 1, func(t *testing.T, l *lab.Lab) (asm.Instructions, *xdpArrivals) {
			pair := addPair(t, [2]string{l.Ends[1].Netns, l.Ends[0].Netns}, [2]string{"away", "arrives"})
			return asm.Instructions{
				asm.Mov.Imm(asm.R1, int32(pair.Ends[0].Ifindex)), asm.Mov.Imm(asm.R2, 0), asm.FnRedirect.Call(),
			}, arrivalsAt(t, pair.Ends[1])
		}},
	} {
		if skipInVM(tt.name, "drop every other", "redirect to another pair") {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			send(t, l, lab.Ping{Count: 1, CPU: -1})
			verdict, arrivals := tt.verdict(t, l)
			watched := onLab(l)
			if arrivals != nil {
				watched.Devices = append(watched.Devices, deviceIDOf(arrivals.end))
			}
			tr := startTrace(t, Options{Filter: watched})
			prog := newUDPVerdict(t, tt.every, verdict)
			x := linkXDP(t, l, xdpProgram(t, xdpPass))
			send(t, l, lab.Ping{Count: 10, CPU: -1})
			waitXDPHook(t, tr)
			send(t, l, lab.Ping{Count: 10, CPU: -1})
			waitNothingUnfinished(t, tr)

			m := newMeter(t, tr, l)
			if err := x.Update(prog.prog); err != nil {
				t.Fatal(err)
			}
			const count = 1000
			send(t, l, lab.UDP{Count: count, CPU: -1})
			send(t, l, lab.Ping{Count: 100, CPU: -1})
			prog.wantCounted(t, m)
			if n := prog.udp(t); n != count {
				t.Errorf("the program met %d datagrams, want the %d sent", n, count)
			}
			arrivals.want(t, tr, prog.acted(t))
		})
	}
}

// The last packet before the device falls silent is not left hanging.
func TestPathXDPLastDropIsCounted(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	send(t, l, lab.Ping{Count: 1, CPU: -1})
	tr := labTrace(t, l)
	x := linkXDP(t, l, xdpProgram(t, xdpPass))
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	waitXDPHook(t, tr)
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	waitNothingUnfinished(t, tr)
	prog := newUDPVerdict(t, 1, asm.Instructions{asm.Mov.Imm(asm.R0, xdpDrop)})
	if err := x.Update(prog.prog); err != nil {
		t.Fatal(err)
	}
	m := newMeter(t, tr, l)
	for range 3 {
		send(t, l, lab.UDP{Count: 1, CPU: -1})
		got := m.settle()
		if n := prog.acted(t); got[1].dropped != n-got[1].unseen() || got[1].missed != 0 {
			t.Errorf("dropped %d, missed %d, want the %d that the program dropped", got[1].dropped, got[1].missed, n)
		}
	}
}

// xdpArrivals is a device that gets frames from an XDP program, never from
// veth_xmit. It needs a program of its own to take them.
type xdpArrivals struct {
	end  lab.End
	prog *udpVerdict
}

func arrivalsAt(t *testing.T, e lab.End) *xdpArrivals {
	t.Helper()
	a := &xdpArrivals{e, newUDPVerdict(t, 1, asm.Instructions{asm.Mov.Imm(asm.R0, xdpPass)})}
	inNetns(t, e.Netns, func() error {
		x, err := link.AttachXDP(link.XDPOptions{Program: a.prog.prog, Interface: e.Ifindex, Flags: link.XDPDriverMode})
		if err == nil {
			t.Cleanup(func() { x.Close() })
		}
		return err
	})
	return a
}

// want fails unless n frames arrived, and none of them is a hop.
func (a *xdpArrivals) want(t *testing.T, tr *Tracer, n uint64) {
	t.Helper()
	if a == nil {
		return
	}
	var arrived uint64
	if !poll(func() bool { arrived = a.prog.acted(t); return arrived == n }) {
		t.Errorf("%d frames arrived at %s, want %d", arrived, a.end.Ifname, n)
	}
	d := deviceIn(snapshot(t, tr), deviceIDOf(a.end))
	for _, f := range snapshot(t, tr).Flows {
		if f.Device.DeviceID == deviceIDOf(a.end) && f.Key.Proto == protoUDP && f.Hops > 0 {
			t.Errorf("%v at %s: %d hops, want none: no veth transmitted it", f.Key, a.end.Ifname, f.Hops)
		}
	}
	t.Logf("%s: %d frames arrived, %d hops, missed %d, dropped %d", a.end.Ifname, arrived, d.Hops, d.Missed, d.Drops.Total())
}
