// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/results"
)

// collector makes results of the records of one machine.
type collector struct {
	log   io.Writer
	boot  float64
	facts []string
	check []string
	// modes are what was run in each, in the order of the plan.
	modes   []*collected
	started map[string]bool
	parser  *results.Parser
	// again is whether a second run has begun.
	again bool
}

type collected struct {
	mode    string
	tests   []results.Test
	seconds float64
}

func newCollector(log io.Writer, plan guest.Plan) *collector {
	c := &collector{log: log, started: map[string]bool{}}
	for _, s := range plan.Steps {
		c.in(s.Mode)
	}
	return c
}

// in returns what was collected in a mode.
func (c *collector) in(mode string) *collected {
	for _, m := range c.modes {
		if m.mode == mode {
			return m
		}
	}
	m := &collected{mode: mode}
	c.modes = append(c.modes, m)
	return m
}

// trouble is a failure of no test.
func (c *collector) trouble(mode, pkg, text string) {
	m := c.in(mode)
	m.tests = append(m.tests, results.Test{Package: pkg, Status: results.Fail, Output: text})
}

func stepName(pkg, mode string) string { return strings.TrimRight(pkg+" "+mode, " ") }

func (c *collector) record(r guest.Record) {
	switch r.Kind {
	case guest.Booted:
		c.boot = r.Seconds
		fmt.Fprintf(c.log, "vmtest: %s, init after %.1f s\n", r.Text, r.Seconds)
	case guest.Fact:
		c.facts = append(c.facts, r.Text)
		fmt.Fprintf(c.log, "vmtest: %s\n", r.Text)
	case guest.Check:
		c.check = append(c.check, strings.TrimRight(r.Text, " "))
		fmt.Fprintf(c.log, "vmtest: check: %s\n", r.Text)
	case guest.Trouble:
		fmt.Fprintf(c.log, "vmtest: %s\n", r.Text)
		c.trouble(c.firstMode(), "init", r.Text)
	case guest.Start:
		c.started[stepName(r.Package, r.Mode)] = true
		c.parser, c.again = results.NewParser(r.Package), r.Again
		fmt.Fprintf(c.log, "vmtest: %s\n", stepName(r.Package, r.Mode))
	case guest.Output:
		fmt.Fprintln(c.log, strings.TrimLeft(r.Text, "\x16"))
		if c.parser != nil {
			c.parser.Line(r.Text)
		}
	case guest.End:
		fmt.Fprintf(c.log, "vmtest: %s ended with %d after %.1f s\n", stepName(r.Package, r.Mode), r.Exit, r.Seconds)
		if c.parser != nil {
			m := c.in(r.Mode)
			tests := c.parser.End(r.Exit, "")
			if r.Again {
				m.tests = results.Again(m.tests, tests)
			} else {
				m.tests = append(m.tests, tests...)
			}
			m.seconds += r.Seconds
			c.parser = nil
		}
	case guest.Done:
		fmt.Fprintf(c.log, "vmtest: done after %.1f s\n", r.Seconds)
	}
}

// firstMode is where what belongs to no step is booked.
func (c *collector) firstMode() string {
	if len(c.modes) == 0 {
		return ""
	}
	return c.modes[0].mode
}

// end is called behind the last record. If the kernel died, so did the step
// that ran, and those after it never started.
func (c *collector) end(plan guest.Plan, died string) {
	if died == "" {
		return
	}
	var last guest.Step
	for _, s := range plan.Steps {
		if c.started[stepName(s.Name, s.Mode)] {
			last = s
		}
	}
	if c.again {
		return // what failed has failed already
	}
	if c.parser != nil {
		m := c.in(last.Mode)
		m.tests = append(m.tests, c.parser.End(-1, died)...)
	} else {
		c.trouble(c.firstMode(), "kernel", died)
	}
	for _, s := range plan.Steps {
		if !c.started[stepName(s.Name, s.Mode)] {
			c.trouble(s.Mode, s.Name, "it did not start: the kernel had died")
		}
	}
}

// runs returns one run for each mode, which are alike but for what is counted.
func (c *collector) runs(machine results.Run) (runs []results.Run) {
	for i, m := range c.modes {
		run := machine
		run.Mode, run.Tests, run.Seconds, run.BootSeconds = m.mode, m.tests, m.seconds, c.boot
		if i == 0 {
			run.Check = c.check
		}
		runs = append(runs, run)
	}
	return runs
}
