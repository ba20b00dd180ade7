// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

func TestSteeringWithoutRPS(t *testing.T) {
	l := newLab(t)
	tr := startTrace(t, Options{Filter: onLab(l)})
	send(t, l, lab.UDP{Count: 500, CPU: 0})
	if f := udpHops(t, tr, l); f.Steering != (steerings{SteeringNone: f.Hops}) {
		t.Errorf("steering %v of %d hops, want none for all", f.Steering, f.Hops)
	}
}

type steerings = [NumSteerings]uint64

// Of a mask of both CPUs the flow's hash selects one, and every packet of the
// flow runs there: the trace, which works it out from mask and hash, agrees
// with where the kernel ran it.
func TestSteeringOfRPS(t *testing.T) {
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	l := newLab(t)
	if err := lab.SetRPS(l.Ends[1].Netns, l.Ends[1].Ifname, "3"); err != nil {
		t.Fatal(err)
	}
	// Packets that wait for an address to be resolved may be dropped.
	send(t, l, lab.Ping{Count: 1, CPU: -1})
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{}})
	events := readHops(t, tr)
	const flows, each = 16, 50
	for i := range uint16(flows) {
		sendUDP(t, l, false, 41000+i, 42000+i, each)
	}
	rx := deviceIDOf(l.Ends[1])
	poll(func() bool {
		return flowHops(snapshot(t, tr), func(f Flow) bool { return f.Key.Proto == protoUDP }) == flows*each
	})
	ran := make(map[FlowKey]map[int]bool)
	for _, h := range events.all() {
		if h.Rx.DeviceID != rx || h.Flow.Proto != protoUDP {
			continue
		}
		if ran[h.Flow] == nil {
			ran[h.Flow] = make(map[int]bool)
		}
		ran[h.Flow][h.RunCPU] = true
		if h.Steering != SteeringRPS || h.TargetCPU >= 0 && h.TargetCPU != h.RunCPU {
			t.Errorf("steering %v, target CPU %d, run CPU %d", h.Steering, h.TargetCPU, h.RunCPU)
		}
	}
	cpus := make(map[int]int)
	for flow, on := range ran {
		if len(on) != 1 {
			t.Errorf("flow %v ran on %v, want one CPU", flow, on)
		}
		for cpu := range on {
			cpus[cpu]++
		}
	}
	t.Logf("flows by CPU: %v", cpus)
	if len(ran) != flows || len(cpus) < 2 {
		t.Errorf("%d flows on %d CPUs, want %d on 2: the test says nothing", len(ran), len(cpus), flows)
	}
}

// RFS sends packets to where the reader is, against the mask, which names
// another CPU: what ran there was sent by RFS, what ran on the mask's CPU by RPS.
func TestSteeringOfRFS(t *testing.T) {
	needRoot(t)
	if !inVM {
		t.Skip("needs net.core.rps_sock_flow_entries, which is the whole machine's: set in emulated machines only")
	}
	l := newLab(t)
	e := l.Ends[1]
	setSysctl(t, "net/core/rps_sock_flow_entries", "1024")
	// The sender is on CPU 0, so is the mask; the reader on CPU 1.
	if err := lab.SetRPS(e.Netns, e.Ifname, "1"); err != nil {
		t.Fatal(err)
	}
	if err := writeSysfs(t, e.Netns, fmt.Sprintf("class/net/%s/queues/rx-0/rps_flow_cnt", e.Ifname), "1024"); err != nil {
		t.Fatal(err)
	}
	tr := startTrace(t, Options{Filter: onLab(l)})
	sendAndReceive(t, l, 300)
	f := udpHops(t, tr, l)
	onReader, onMask := f.CrossCPU, f.Hops-f.CrossCPU
	t.Logf("%d hops to the reader's CPU, %d to the mask's; steering %v", onReader, onMask, f.Steering)
	if onReader < f.Hops/2 {
		t.Fatalf("%d of %d hops went to the reader's CPU: RFS does nothing, the test says nothing", onReader, f.Hops)
	}
	want := steerings{SteeringRFS: onReader, SteeringRPS: onMask}
	if tr.Run().Mode == ModeTracepoint {
		// What runs on the mask's CPU may have been sent there by either.
		want = steerings{SteeringRFS: onReader, SteeringUnknown: onMask}
	}
	if f.Steering != want {
		t.Errorf("steering %v, want %v", f.Steering, want)
	}
}

// sendAndReceive sends datagrams from CPU 0 to a reader on CPU 1. Both sockets
// are connected: the kernel notes the reader of no others.
func sendAndReceive(t testing.TB, l *lab.Lab, n int) {
	t.Helper()
	addrs := [2]netip.AddrPort{netip.AddrPortFrom(l.Ends[0].IPv4.Addr(), 43001), netip.AddrPortFrom(l.Ends[1].IPv4.Addr(), 43002)}
	var fds [2]int
	for i := range fds {
		inNetns(t, l.Ends[i].Netns, func() (err error) {
			if fds[i], err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0); err != nil {
				return err
			}
			if err := unix.Bind(fds[i], sockaddrOf(addrs[i])); err != nil {
				return err
			}
			return unix.Connect(fds[i], sockaddrOf(addrs[1-i]))
		})
		defer unix.Close(fds[i])
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and not unlocked: its affinity goes with it
		done <- func() error {
			for range n {
				for cpu, io := range []func() error{
					func() error { return unix.Send(fds[0], []byte("datagram"), 0) },
					func() error { _, err := unix.Read(fds[1], make([]byte, 16)); return err },
				} {
					var set unix.CPUSet
					set.Set(cpu)
					if err := unix.SchedSetaffinity(0, &set); err != nil {
						return err
					}
					if err := io(); err != nil {
						return err
					}
				}
			}
			return nil
		}()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
