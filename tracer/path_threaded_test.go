// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// A kernel thread may poll the device instead of a softirq.
func TestPathThreadedNAPI(t *testing.T) {
	for _, path := range []Path{PathNAPI, PathXDP} {
		t.Run(path.String(), func(t *testing.T) {
			if path == PathNAPI && !kernelAtLeast(5, 13) {
				t.Skip("GRO gives veth a NAPI since 5.13 (d3256efd8e8b)")
			}
			l := newLab(t)
			if path == PathNAPI {
				groOn(t, l)
				command(t, l.Ends[0].Netns, "ethtool", "-K", l.Ends[0].Ifname, "tso", "off")
			} else {
				linkXDP(t, l, xdpProgram(t, xdpPass))
			}
			pollByThread(t, l.Ends[1])
			tr := labTrace(t, l)
			send(t, l, lab.Ping{Count: 10, CPU: -1})
			if path == PathXDP {
				waitXDPHook(t, tr)
				send(t, l, lab.Ping{Count: 10, CPU: -1})
				waitNothingUnfinished(t, tr)
			}
			waitThreadHook(t, tr, "veth_poll")
			m := newMeter(t, tr, l)
			before := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1]))
			const count = 500
			send(t, l, lab.Ping{Count: count, CPU: -1})
			send(t, l, lab.RequestResponse{Count: count, CPU: -1})
			got := m.settle()
			m.wantExact(got[:1], 0)
			m.wantExact(got[1:], etherHeader)
			b := got[1]
			if b.kernel.rxPackets < 2*count {
				t.Errorf("%d packets, want %d at least", b.kernel.rxPackets, 2*count)
			}
			want := [NumRunners]uint64{RunnerThreaded: b.hops}
			if b.runners != want {
				t.Errorf("runners %v, want all %d threaded", b.runners, b.hops)
			}
			var paths [NumPaths]uint64
			if paths[path] = b.hops; b.paths != paths {
				t.Errorf("paths %v, want all %d by %v", b.paths, b.hops, path)
			}
			// Nothing but a hook on the driver's function says when a thread
			// began to poll.
			var polled uint64
			if tr.Run().Mode != ModeTracepoint {
				polled = b.hops
			}
			after := deviceIn(snapshot(t, tr), deviceIDOf(l.Ends[1]))
			for stage, want := range map[Stage]uint64{StageQueue: polled, StageSoftirq: polled, StageTotal: b.hops} {
				if n := after.Stages[stage].Count() - before.Stages[stage].Count(); n != want {
					t.Errorf("the %v stage is known of %d hops, want %d", stage, n, want)
				}
			}
		})
	}
}

// waitThreadHook waits until the trace has noticed that threads deliver, if
// its mode has a hook for that.
func waitThreadHook(t testing.TB, tr *Tracer, hook string) {
	t.Helper()
	if tr.Run().Mode == ModeTracepoint {
		return
	}
	if !poll(func() bool {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		return tr.attached[hook]
	}) {
		t.Fatal("threads were not noticed")
	}
}

// pollByThread gives each NAPI of a device a thread of its own, napi/DEVICE-N.
func pollByThread(t testing.TB, e lab.End) {
	t.Helper()
	err := writeSysfs(t, e.Netns, "class/net/"+e.Ifname+"/threaded", "1")
	if errors.Is(err, os.ErrNotExist) && !kernelAtLeast(5, 12) {
		t.Skip("NAPI can be threaded since 5.12 (5fdd2f0e5c64)")
	}
	if err != nil {
		t.Fatal(err)
	}
}

// writeSysfs writes to a file of the sysfs that shows a namespace's devices.
func writeSysfs(t testing.TB, in, path, value string) (err error) {
	t.Helper()
	inNetns(t, in, func() error {
		fs, err2 := unix.Fsopen("sysfs", unix.FSOPEN_CLOEXEC)
		if err2 != nil {
			return fmt.Errorf("opening sysfs: %w", err2)
		}
		defer unix.Close(fs)
		if err2 := unix.FsconfigCreate(fs); err2 != nil {
			return fmt.Errorf("creating sysfs: %w", err2)
		}
		root, err2 := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
		if err2 != nil {
			return fmt.Errorf("mounting sysfs: %w", err2)
		}
		defer unix.Close(root)
		fd, err2 := unix.Openat(root, path, unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err2 != nil {
			err = err2
			return nil
		}
		defer unix.Close(fd)
		_, err = unix.Write(fd, []byte(value))
		return nil
	})
	return err
}
