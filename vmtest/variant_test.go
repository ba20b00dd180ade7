// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/kernels"
)

func TestVariantsOf(t *testing.T) {
	old, threads := kernels.Series{Name: "6.1"}, kernels.Series{Name: "6.12", ThreadsBacklog: true}
	for _, tt := range []struct {
		series kernels.Series
		run    string
		want   []string
	}{
		{old, "", []string{"6.1"}},
		{threads, "", []string{"6.12", "6.12 +thread_backlog_napi"}},
		{threads, "Backlog", []string{"6.12", "6.12 +thread_backlog_napi"}},
		{threads, "TestLoad", []string{"6.12"}},
	} {
		var got []string
		for _, v := range variantsOf(tt.series, tt.run) {
			got = append(got, v.name())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s, run %q: want(-), got(+):\n%s", tt.series.Name, tt.run, diff)
		}
	}
}

// What depends on the mode is run in every mode, the rest once, and a variant
// runs nothing but its own test.
func TestPlan(t *testing.T) {
	tracer, lab := guest.Package{Name: "./tracer"}, guest.Package{Name: "./lab"}
	o := options{modes: []string{"fentry", "kprobe"}, run: "TestX", timeout: time.Minute}
	p := packages{modal: []guest.Package{tracer}, once: []guest.Package{lab}}
	want := guest.Plan{TimeoutSeconds: 60, Check: true, Steps: []guest.Step{
		{Package: tracer, Mode: "fentry", Run: "TestX"},
		{Package: tracer, Mode: "kprobe", Run: "TestX"},
		{Package: lab, Run: "TestX"},
	}}
	if diff := cmp.Diff(want, variant{}.plan(o, 0, p)); diff != "" {
		t.Errorf("want(-), got(+):\n%s", diff)
	}
	want = guest.Plan{TimeoutSeconds: 60, Steps: []guest.Step{
		{Package: tracer, Mode: "fentry", Run: "^TestY$"},
		{Package: tracer, Mode: "kprobe", Run: "^TestY$"},
	}}
	if diff := cmp.Diff(want, variant{only: "TestY"}.plan(o, 0, p)); diff != "" {
		t.Errorf("want(-), got(+):\n%s", diff)
	}
}

// TestSpread: the first mode at the ends, all others between, and each package
// that is run once somewhere.
func TestSpread(t *testing.T) {
	o := options{modes: []string{"a", "b", "c"}, series: make([]kernels.Series, 4), spread: true}
	var got [][]string
	for place := range o.series {
		got = append(got, o.modesOn(place))
	}
	if diff := cmp.Diff([][]string{{"a"}, {"b", "c"}, {"b", "c"}, {"a"}}, got); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]int{"./lab": 2, "./cmd/vethtrace": 2, "./tracer/path": 1} {
		n := 0
		for place := range o.series {
			if o.runsOnce(name, place) {
				n++
			}
		}
		if n != want {
			t.Errorf("%s is run on %d kernels, want %d", name, n, want)
		}
	}
	o.spread = false
	if diff := cmp.Diff(o.modes, o.modesOn(1)); diff != "" || !o.runsOnce("./tracer/path", 0) {
		t.Error(diff)
	}
}
