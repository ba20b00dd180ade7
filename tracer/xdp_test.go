// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/vishvananda/netlink"

	"github.com/vethtrace/vethtrace/lab"
)

// Answers of an XDP program, enum xdp_action in include/uapi/linux/bpf.h.
const (
	xdpDrop = 1
	xdpPass = 2
)

// xdpProgram answers every packet with action.
func xdpProgram(t testing.TB, action int32) *ebpf.Program {
	t.Helper()
	needRoot(t)
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type:         ebpf.XDP,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, action), asm.Return()},
		License:      "GPL",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prog.Close() })
	return prog
}

// linkXDP attaches a native program to end b by a BPF link, which goes with the
// device.
func linkXDP(t testing.TB, l *lab.Lab, prog *ebpf.Program) (x link.Link) {
	t.Helper()
	inNetns(t, l.Ends[1].Netns, func() (err error) {
		x, err = link.AttachXDP(link.XDPOptions{
			Program: prog, Interface: l.Ends[1].Ifindex, Flags: link.XDPDriverMode,
		})
		return err
	})
	t.Cleanup(func() { x.Close() })
	return x
}

// setXDP does the same by netlink, as `ip link set dev eth0 xdpdrv` does.
func setXDP(t testing.TB, l *lab.Lab, prog *ebpf.Program) {
	t.Helper()
	inNetns(t, l.Ends[1].Netns, func() error {
		dev, err := netlink.LinkByIndex(l.Ends[1].Ifindex)
		if err != nil {
			return err
		}
		return netlink.LinkSetXdpFdWithFlags(dev, prog.FD(), int(link.XDPDriverMode))
	})
}

// waitXDPHook waits until the trace has noticed that there is XDP.
func waitXDPHook(t testing.TB, tr *Tracer) {
	t.Helper()
	if !poll(func() bool {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		return tr.attached["consume"]
	}) {
		t.Fatal("XDP was not noticed")
	}
}

// waitNothingUnfinished waits until every hop has ended or been given up.
func waitNothingUnfinished(t testing.TB, tr *Tracer) {
	t.Helper()
	if !poll(func() bool {
		for i := range tr.slots.items {
			for w := range tr.slots.items[i].Way {
				if tr.slots.items[i].Way[w].Skb != 0 {
					return false
				}
			}
		}
		for i := range tr.cpus.items {
			if tr.cpus.items[i].CopiedValid != 0 {
				return false
			}
		}
		return true
	}) {
		t.Fatal("some hops are never given up")
	}
}

func TestXDPPath(t *testing.T) {
	for name, attach := range map[string]func(*testing.T, *lab.Lab, *ebpf.Program){
		"by netlink":    func(t *testing.T, l *lab.Lab, p *ebpf.Program) { setXDP(t, l, p) },
		"by a BPF link": func(t *testing.T, l *lab.Lab, p *ebpf.Program) { linkXDP(t, l, p) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			send(t, l, lab.Ping{Count: 1, CPU: -1})
			tr := labTrace(t, l)
			m := newMeter(t, tr, l)

			// Until the first such packet nobody knows that skbs are copied.
			attach(t, l, xdpProgram(t, xdpPass))
			send(t, l, lab.UDP{Count: max(fewer(1_000), 200), CPU: -1})
			waitXDPHook(t, tr)
			waitNothingUnfinished(t, tr)
			first := m.grown()
			if n := first[1].hops + first[1].missed + first[1].dropped; float64(n) < 0.95*float64(first[1].xmits) {
				t.Errorf("first window: %d hops, missed and dropped of %d packets that a program saw", n, first[1].xmits)
			}
			t.Logf("first window: %d packets, hops %d, missed %d, paths %v",
				first[1].kernel.rxPackets, first[1].hops, first[1].missed, first[1].paths)

			m = newMeter(t, tr, l)
			send(t, l, lab.UDP{Count: fewer(20_000), CPU: -1})
			send(t, l, lab.Ping{Count: fewer(5_000), CPU: -1})
			send(t, l, lab.RequestResponse{Count: fewer(5_000), CPU: -1})
			got := m.settle()
			m.wantExact(got[:1], 0)
			m.wantExact(got[1:], etherHeader)
			if got[1].hops < fewer(29_000) || got[1].paths != [NumPaths]uint64{PathXDP: got[1].hops} {
				t.Errorf("missed %d, paths %v, want all %d by xdp", got[1].missed, got[1].paths, got[1].kernel.rxPackets)
			}
		})
	}
}

// What the program drops is no hop but a drop, though it dies as a copy.
func TestXDPDropIsNoHop(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	pass, drop := xdpProgram(t, xdpPass), xdpProgram(t, xdpDrop)
	tr := labTrace(t, l)
	x := linkXDP(t, l, pass)
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	waitXDPHook(t, tr)
	send(t, l, lab.Ping{Count: 10, CPU: -1})
	waitNothingUnfinished(t, tr) // what was missed before is counted by now

	m := newMeter(t, tr, l)
	if err := x.Update(drop); err != nil {
		t.Fatal(err)
	}
	count := fewer(10_000)
	send(t, l, lab.UDP{Count: count, CPU: -1})
	got := m.settle()
	m.wantExact(got[:1], 0)
	if got[1].hops != 0 || float64(got[1].dropped) < 0.95*float64(count) {
		t.Errorf("end 1: hops %d, missed %d, dropped %d of %d packets that XDP dropped",
			got[1].hops, got[1].missed, got[1].dropped, got[1].kernel.rxPackets)
	}
	// Those that died uncopied are known by flow.
	var inFlows uint64
	for _, f := range snapshot(t, tr).Flows {
		if f.Device.DeviceID != deviceIDOf(l.Ends[1]) || f.Drops == (Drops{}) {
			continue
		}
		inFlows += f.Drops[DropXDP]
		if src := f.Key.Src.Addr(); src != l.Ends[0].IPv4.Addr() && src != l.Ends[0].IPv6.Addr() && !src.IsLinkLocalUnicast() && !src.IsUnspecified() {
			t.Errorf("drops %v of flow %+v, which nobody sent", f.Drops, f.Key)
		}
	}
	t.Logf("%d of %d drops are known by flow", inFlows, got[1].dropped)
}
