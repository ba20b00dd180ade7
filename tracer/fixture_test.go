// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vethtrace/vethtrace/lab"
)

func TestMain(m *testing.M) {
	if inVM {
		abandonedAfter = 2 * time.Second
	}
	if os.Getenv(noRootEnv) != "" {
		os.Exit(startWithoutRights())
	}
	goleak.VerifyTestMain(testsThatShare{m})
}

// testsThatShare close at their end what they share.
type testsThatShare struct{ *testing.M }

func (m testsThatShare) Run() int {
	status := m.M.Run()
	if shared.tr != nil {
		if err := shared.tr.Close(); err != nil {
			fmt.Println("closing the shared trace:", err)
			status = max(status, 1)
		}
	}
	return status
}

// shared is a trace of all veths, which takes seconds to start in an emulated
// machine.
var shared struct {
	tr *Tracer
}

// patience bounds each wait of these tests. Nothing is asserted about how much
// of it is used.
const patience = 20 * time.Second

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 || !mayTrace() {
		t.Skip("needs root")
	}
}

var labNumber atomic.Int32

// newLab makes a lab of a name that nobody else uses.
func newLab(t testing.TB) *lab.Lab {
	t.Helper()
	needRoot(t)
	name := fmt.Sprintf("tracer%d-%d", os.Getpid(), labNumber.Add(1))
	l, err := lab.Up(lab.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Down(name); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	return l
}

// onLab restricts a trace to one lab: others may be busy on this machine.
func onLab(l *lab.Lab) Filter {
	return Filter{Devices: []DeviceID{deviceIDOf(l.Ends[0]), deviceIDOf(l.Ends[1])}}
}

func deviceIDOf(e lab.End) DeviceID {
	return DeviceID{Netns: uint32(e.NetnsInode), Ifindex: uint32(e.Ifindex)}
}

// inVM is whether the kernel is emulated (vmtest), where packets take 50 times as
// long.
var inVM = os.Getenv("VETHTRACE_VM") != ""

// onceInVM skips, in the modes after the first, a test of what is the same
// programs in each: emulated machines are slow.
func onceInVM(t testing.TB) {
	t.Helper()
	if m := modeUnderTest(); inVM && (m == ModeKprobe || m == ModeTracepoint) {
		t.Skip("the same programs in every mode: runs in mode fentry")
	}
}

// skipPureInVM skips a test of much arithmetic that no kernel has a part in.
func skipPureInVM(t testing.TB) {
	t.Helper()
	if inVM {
		t.Skip("no kernel has a part in it: runs on real machines")
	}
}

// skipInVM says whether to leave out a case in an emulated machine, where only
// those that are named run.
func skipInVM(name string, run ...string) bool { return inVM && !slices.Contains(run, name) }

// fewer is a number of packets or bytes, or less of it in an emulated machine.
func fewer(n uint64) uint64 {
	if inVM {
		return n / 50
	}
	return n
}

// modeUnderTest is the mode that the kernel matrix asks for.
func modeUnderTest() Mode { return Mode(os.Getenv("VETHTRACE_MODE")) }

func startTrace(t testing.TB, opts Options) *Tracer {
	t.Helper()
	needRoot(t)
	if opts.Mode == ModeAuto {
		opts.Mode = modeUnderTest()
	}
	tr, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, tr)
	return tr
}

// vethTrace is a trace of all veths, that others may use too.
func vethTrace(t testing.TB) *Tracer {
	t.Helper()
	if !inVM {
		return startTrace(t, Options{})
	}
	needRoot(t)
	if shared.tr == nil {
		tr, err := Start(Options{Mode: modeUnderTest()})
		if err != nil {
			t.Fatal(err)
		}
		shared.tr = tr
	}
	return shared.tr
}

// labTrace is a trace of one lab at least. On a real machine, where others may
// be busy, it is of no more.
func labTrace(t testing.TB, l *lab.Lab) *Tracer {
	t.Helper()
	if inVM {
		return vethTrace(t)
	}
	return startTrace(t, Options{Filter: onLab(l)})
}

func closeAtEnd(t testing.TB, tr *Tracer) {
	t.Helper()
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Errorf("closing the trace: %v", err)
		}
	})
}

func snapshot(t testing.TB, tr *Tracer) *Snapshot {
	t.Helper()
	s, err := tr.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// deviceIn is the device as receiver, all zero when it has received nothing.
func deviceIn(s *Snapshot, id DeviceID) Device {
	for _, d := range s.Devices {
		if d.Name.DeviceID == id {
			return d
		}
	}
	return Device{Name: DeviceName{DeviceID: id}}
}

func send(t testing.TB, l *lab.Lab, traffic lab.Traffic) lab.Result {
	t.Helper()
	r, err := traffic.Run(context.Background(), l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// silence takes a lab away before its time, since even an idle one sends now and
// then, so that what is read after it belongs together.
func silence(t testing.TB, l *lab.Lab) {
	t.Helper()
	if err := lab.Down(l.Name); err != nil {
		t.Fatal(err)
	}
}

// poll calls done until it returns true, and says whether it did in time.
func poll(done func() bool) bool {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if done() {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
	}
}
