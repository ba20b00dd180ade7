// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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

// job is one kernel in one mode.
type job struct {
	series    kernels.Series
	kernel    kernels.Kernel
	mode      string
	initramfs string
	packages  []guest.Package
	options   options
	facts     []string
}

// run boots the kernel, writes all it says to a log in the cache and returns
// what its tests did.
func (j *job) run(ctx context.Context) (results.Run, error) {
	name := j.series.Name
	if j.mode != "" {
		name += "-" + j.mode
	}
	log, err := os.Create(filepath.Join(j.options.cache, name+".log"))
	if err != nil {
		return results.Run{}, fmt.Errorf("making a log: %w", err)
	}
	defer log.Close()
	machine := qemu.Machine{
		Kernel: j.kernel.Image, Initramfs: j.initramfs, Mode: j.mode,
		Console: filepath.Join(j.options.cache, name+".console"),
	}
	c := newCollector(log)
	start := time.Now()
	err = machine.Run(ctx, qemu.Limits{Boot: bootLimit, Package: j.options.timeout + stopGrace}, c.record)
	if err != nil && !errors.Is(err, qemu.ErrDied) {
		return results.Run{}, fmt.Errorf("running kernel %s: %w", j.kernel.Release, err)
	}
	died := ""
	if err != nil {
		died = fmt.Sprintf("%v; its last words:\n%s", err, qemu.Tail(machine.Console, consoleTail))
		fmt.Fprintln(log, died)
	}
	j.facts = c.facts
	return results.Run{
		Kernel: j.series.Name, Release: j.kernel.Release, Suites: j.series.Suites, Mode: j.mode,
		Tests: c.end(j.packages, died), Seconds: time.Since(start).Seconds(), BootSeconds: c.boot,
	}, nil
}

// print tells of a run that ended.
func (j *job) print(w io.Writer, r results.Run) {
	c := r.Count()
	fmt.Fprintf(w, "%s %s: %d passed, %d failed, %d skipped, %.0f s\n",
		r.Kernel, r.ModeName(), c.Passed, c.Failed, c.Skipped, r.Seconds)
	if j.options.facts {
		for _, fact := range append(j.facts, configFacts(j.kernel.Config)...) {
			fmt.Fprintf(w, "    %s\n", fact)
		}
	}
	results.Failures(w, r)
}
