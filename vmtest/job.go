// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/kernels"
	"github.com/vethtrace/vethtrace/vmtest/qemu"
	"github.com/vethtrace/vethtrace/vmtest/results"
)

const (
	// bootLimit is how long a machine may take to start, on a slow one.
	bootLimit = 3 * time.Minute
	// stopGrace is how long a test binary may take beyond its own timeout.
	stopGrace = time.Minute
	// consoleTail is how many lines of a dead kernel are shown.
	consoleTail = 40
)

// job is one machine: a kernel, its parameters, and what it runs.
type job struct {
	variant   variant
	kernel    kernels.Kernel
	initramfs string
	plan      guest.Plan
	options   options
}

// run boots the kernel, writes all it says to a log in the cache and returns
// what its tests did, and what it has that hooks depend on.
func (j *job) run(ctx context.Context) ([]results.Run, []string, error) {
	base := filepath.Join(j.options.cache, strings.ReplaceAll(j.variant.name(), " ", ""))
	log, err := os.Create(base + ".log")
	if err != nil {
		return nil, nil, fmt.Errorf("making a log: %w", err)
	}
	defer log.Close()
	machine := qemu.Machine{
		Kernel: j.kernel.Image, Initramfs: j.initramfs, Parameters: j.variant.parameters, Console: base + ".console",
	}
	c := newCollector(log, j.plan)
	err = machine.Run(ctx, qemu.Limits{Boot: bootLimit, Step: j.options.timeout + stopGrace}, c.record)
	if err != nil && !errors.Is(err, qemu.ErrDied) {
		return nil, nil, fmt.Errorf("running kernel %s: %w", j.kernel.Release, err)
	}
	died := ""
	if err != nil {
		died = fmt.Sprintf("%v; its last words:\n%s", err, qemu.Tail(machine.Console, consoleTail))
		fmt.Fprintln(log, died)
	}
	c.end(j.plan, died)
	return c.runs(results.Run{
		Kernel: j.variant.name(), Release: j.kernel.Release, Suites: j.variant.series.Suites,
	}), c.facts, nil
}

// print tells of the runs of a machine that ended.
func (j *job) print(w io.Writer, runs []results.Run, facts []string) {
	for _, r := range runs {
		c := r.Count()
		fmt.Fprintf(w, "%s %s: %d passed, %d of them unsteady, %d failed, %d skipped, %.0f s\n",
			r.Kernel, r.ModeName(), c.Passed, c.Unsteady, c.Failed, c.Skipped, r.Seconds)
		results.Failures(w, r)
	}
	if j.options.facts {
		for _, fact := range append(facts, configFacts(j.kernel.Config)...) {
			fmt.Fprintf(w, "    %s\n", fact)
		}
	}
}
