// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/lab"
)

// modesHere are the modes that this kernel allows.
func modesHere(t testing.TB) (modes []Mode) {
	t.Helper()
	f := featuresOf(t, kernelVariants[0])
	for _, m := range []Mode{ModeFentry, ModeKprobe, ModeTracepoint} {
		if _, _, err := f.chooser().chooseMode(m, []Kind{KindVeth}, false); err == nil {
			modes = append(modes, m)
		} else {
			t.Log(err)
		}
	}
	return modes
}

// The same packets, traced in all modes at once, are the same hops, bytes and
// flows in each, and those that the devices counted.
func TestModesCountTheSame(t *testing.T) {
	onceInVM(t)
	needRoot(t)
	l := newLab(t)
	modes := modesHere(t)
	if len(modes) < 2 {
		t.Skipf("this kernel allows only mode %v", modes)
	}
	var traces []*Tracer
	var meters []*meter
	for _, m := range modes {
		tr := startTrace(t, Options{Mode: m, Filter: onLab(l)})
		if got := tr.Run().Mode; got != m {
			t.Fatalf("mode %s, want %s", got, m)
		}
		traces = append(traces, tr)
	}
	for _, tr := range traces {
		meters = append(meters, newMeter(t, tr, l))
	}
	for _, traffic := range []lab.Traffic{
		lab.Ping{Count: 200, CPU: -1},
		lab.UDP{Count: 500, CPU: -1},
		lab.UDP{IPv6: true, Count: 500, CPU: -1},
		lab.RequestResponse{Count: 500, CPU: -1},
		lab.Stream{Bytes: 16 << 20, CPU: -1},
	} {
		send(t, l, traffic)
	}
	type counted struct{ Hops, Bytes, GSOSegs uint64 }
	flows := make([]map[string]counted, len(modes))
	for i, m := range meters {
		got := m.settle()
		m.wantExact(got[:], 0)
		flows[i] = make(map[string]counted)
		for _, f := range snapshot(t, traces[i]).Flows {
			if f.Key.Proto != protoICMPv6 { // the kernel's own, before all traces ran
				flows[i][f.Device.String()+" "+f.Key.Src.String()+" "+f.Key.Dst.String()] = counted{f.Hops, f.Bytes, f.GSOSegs}
			}
		}
	}
	// Nobody answers a datagram.
	if want := 3*2 + 2; len(flows[0]) < want {
		t.Errorf("%d flows, want at least %d", len(flows[0]), want)
	}
	for i := range modes[1:] {
		if diff := cmp.Diff(flows[0], flows[i+1]); diff != "" {
			t.Errorf("flows of %s and %s (-+):\n%s", modes[0], modes[i+1], diff)
		}
	}
}

// A mode that this kernel does not allow is refused, in words.
func TestModeThatIsNotThere(t *testing.T) {
	onceInVM(t)
	needRoot(t)
	allowed := modesHere(t)
	for _, m := range []Mode{ModeFentry, ModeKprobe} {
		tr, err := Start(Options{Mode: m})
		if err == nil {
			if tr.Run().Mode != m {
				t.Errorf("mode %s, want %s", tr.Run().Mode, m)
			}
			tr.Close()
			continue
		}
		if !errors.Is(err, ErrNotSupported) || !strings.HasPrefix(err.Error(), "mode "+string(m)+": ") {
			t.Errorf("%s: %v", m, err)
		}
		for _, a := range allowed {
			if a == m {
				t.Errorf("%s was said to be allowed: %v", m, err)
			}
		}
	}
}
