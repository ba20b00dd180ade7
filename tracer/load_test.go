// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// kernelVariant is a kernel that lacks something this one has, and what is left of
// the programs then.
type kernelVariant struct {
	name string
	less func(*features)
}

var kernelVariants = []kernelVariant{
	{"all there is", func(*features) {}},
	{"no per-CPU variables", func(f *features) { f.percpu = nil }},
	{"no bpf_rdonly_cast", func(f *features) { f.rdonlyCast = false }},
	{"neither", func(f *features) { f.percpu, f.rdonlyCast = nil, false }},
}

// variantsHere leaves out those in between in an emulated machine, whose kernel
// is a variant itself.
func variantsHere() []kernelVariant {
	if inVM {
		return []kernelVariant{kernelVariants[0], kernelVariants[len(kernelVariants)-1]}
	}
	return kernelVariants
}

func featuresOf(t testing.TB, v kernelVariant) *features {
	t.Helper()
	f, err := probeFeatures()
	if err != nil {
		t.Fatal(err)
	}
	v.less(f)
	return f
}

// The verifier takes the programs whatever the knobs leave of them.
func TestLoad(t *testing.T) {
	needRoot(t)
	filters := map[string]Filter{
		"no filter": {},
		"device":    {Devices: []DeviceID{{Netns: 1, Ifindex: 2}}},
		"flow": {
			Proto: protoUDP, Port: 53, Prefix: netip.MustParsePrefix("10.0.0.0/8"),
		},
		"everything": {
			Devices: make([]DeviceID, MaxFilterDevices), Netns: 1,
			Proto: protoTCP, Port: 443, Prefix: netip.MustParsePrefix("fd00::/8"),
		},
	}
	if inVM {
		delete(filters, "device")
		delete(filters, "flow")
	}
	for _, v := range variantsHere() {
		f := featuresOf(t, v)
		for name, filter := range filters {
			for _, emit := range []*Emit{nil, {Every: 10, SlowerThan: 1000}} {
				if inVM && (emit == nil) != (name == "no filter") {
					continue // the least and the most
				}
				t.Run(fmt.Sprintf("%s, %s, emit %t", v.name, name, emit != nil), func(t *testing.T) {
					coll, err := load(f, chosenHooks(t, f, modeUnderTest()), Options{Filter: filter, Emit: emit})
					if err != nil {
						t.Fatal(err)
					}
					coll.Close()
				})
			}
		}
	}
}

// All variants count the same hops and flows.
func TestVariantsCountTheSame(t *testing.T) {
	onceInVM(t)
	for _, v := range variantsHere() {
		t.Run(v.name, func(t *testing.T) {
			l := newLab(t)
			filter := onLab(l)
			filter.Prefix = netip.MustParsePrefix("::/0")
			for _, opts := range []Options{{Filter: onLab(l)}, {Filter: filter}} {
				f := featuresOf(t, v)
				tr := newTracer(opts, modeUnderTest(), chosenHooks(t, f, modeUnderTest()))
				if err := tr.start(f); err != nil {
					tr.Close()
					t.Fatal(err)
				}
				closeAtEnd(t, tr)
				m := newMeter(t, tr, l)
				count := fewer(1000)
				send(t, l, lab.Ping{Count: count, CPU: -1})
				sendUDP(t, l, true, 40005, 40006, int(count))
				if !opts.Filter.Prefix.IsValid() {
					got := m.settle()
					m.wantExact(got[:], 0)
				}
				want := FlowKey{
					Proto: protoUDP,
					Src:   netip.AddrPortFrom(l.Ends[0].IPv6.Addr(), 40005),
					Dst:   netip.AddrPortFrom(l.Ends[1].IPv6.Addr(), 40006),
				}
				if n := flowHops(snapshot(t, tr), func(f Flow) bool { return f.Key == want }); n != count {
					t.Errorf("%d hops of flow %v, want %d", n, want, count)
				}
				v4 := flowHops(snapshot(t, tr), func(f Flow) bool { return f.Key.Src.Addr().Is4() })
				if filtered := opts.Filter.Prefix.IsValid(); filtered != (v4 == 0) {
					t.Errorf("%d IPv4 hops, filtered: %t", v4, filtered)
				}
			}
		})
	}
}

// chosenHooks are what a mode attaches here.
func chosenHooks(t testing.TB, f *features, mode Mode) []choice {
	t.Helper()
	_, chosen, err := f.chooser().chooseMode(mode, []Kind{KindVeth}, false)
	if err != nil {
		t.Fatal(err)
	}
	return chosen
}
