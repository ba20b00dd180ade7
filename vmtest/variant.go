// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/kernels"
)

// variant is a kernel, and how it is booted.
type variant struct {
	series kernels.Series
	// parameters are those of its command line.
	parameters string
	// only is the one test it is booted for, empty for all.
	only string
}

// threadedBacklog makes the backlog run in threads; it is there since 6.10.
const threadedBacklog = "thread_backlog_napi"

// variantsOf returns what is to be booted of a series.
func variantsOf(s kernels.Series, run string) []variant {
	all := []variant{{series: s}}
	if s.ThreadsBacklog {
		v := variant{s, threadedBacklog, "TestThreadedBacklog"}
		// The expression was checked with the options.
		if regexp.MustCompile(run).MatchString(v.only) {
			all = append(all, v)
		}
	}
	return all
}

// name is the kernel in tables.
func (v variant) name() string {
	if v.parameters == "" {
		return v.series.Name
	}
	return v.series.Name + " +" + strings.ReplaceAll(v.parameters, " ", " +")
}

// plan is what the variant runs: some packages in every mode, the others once,
// with the mode left to the tracer.
// place is that of the kernel among the series.
func (v variant) plan(o options, place int, p packages) guest.Plan {
	plan := guest.Plan{TimeoutSeconds: int(o.timeout.Seconds())}
	run := o.run
	if v.only != "" {
		run = "^" + v.only + "$"
	}
	if o.spread {
		plan.Turn = fmt.Sprintf("%d/%d", place, len(o.series))
	}
	for _, mode := range o.modesOn(place) {
		for _, pkg := range p.modal {
			plan.Steps = append(plan.Steps, guest.Step{Package: pkg, Mode: mode, Run: run})
		}
	}
	if v.only != "" {
		return plan
	}
	for _, pkg := range p.once {
		if !o.runsOnce(pkg.Name, place) {
			continue
		}
		plan.Steps = append(plan.Steps, guest.Step{Package: pkg, Run: run})
	}
	plan.Facts, plan.Check = o.facts, true
	return plan
}
