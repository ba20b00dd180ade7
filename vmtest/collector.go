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
	log     io.Writer
	boot    float64
	facts   []string
	tests   []results.Test
	started map[string]bool
	parser  *results.Parser
}

func newCollector(log io.Writer) *collector {
	return &collector{log: log, started: map[string]bool{}}
}

func (c *collector) record(r guest.Record) {
	switch r.Kind {
	case guest.Booted:
		c.boot = r.Seconds
		fmt.Fprintf(c.log, "vmtest: %s, init after %.1f s\n", r.Text, r.Seconds)
	case guest.Fact:
		c.facts = append(c.facts, r.Text)
		fmt.Fprintf(c.log, "vmtest: %s\n", r.Text)
	case guest.Trouble:
		fmt.Fprintf(c.log, "vmtest: %s\n", r.Text)
		c.tests = append(c.tests, results.Test{Package: "init", Status: results.Fail, Output: r.Text})
	case guest.Start:
		c.started[r.Package] = true
		c.parser = results.NewParser(r.Package)
		fmt.Fprintf(c.log, "vmtest: %s\n", r.Package)
	case guest.Output:
		fmt.Fprintln(c.log, strings.TrimLeft(r.Text, "\x16"))
		if c.parser != nil {
			c.parser.Line(r.Text)
		}
	case guest.End:
		fmt.Fprintf(c.log, "vmtest: %s ended with %d after %.1f s\n", r.Package, r.Exit, r.Seconds)
		if c.parser != nil {
			c.tests = append(c.tests, c.parser.End(r.Exit, "")...)
			c.parser = nil
		}
	case guest.Done:
		fmt.Fprintf(c.log, "vmtest: done after %.1f s\n", r.Seconds)
	}
}

// end returns all tests. If the kernel died, so did the package that ran, and
// those after it never started.
func (c *collector) end(packages []guest.Package, died string) []results.Test {
	if died == "" {
		return c.tests
	}
	if c.parser != nil {
		c.tests = append(c.tests, c.parser.End(-1, died)...)
	} else {
		c.tests = append(c.tests, results.Test{Package: "kernel", Status: results.Fail, Output: died})
	}
	for _, p := range packages {
		if !c.started[p.Name] {
			c.tests = append(c.tests, results.Test{
				Package: p.Name, Status: results.Fail, Output: "it did not start: the kernel had died",
			})
		}
	}
	return c.tests
}
