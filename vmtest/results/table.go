// SPDX-License-Identifier: Apache-2.0

package results

import (
	"fmt"
	"io"
	"strings"
)

// Table prints one line for each run, and the sum.
func Table(w io.Writer, runs []Run) error {
	kernel, release := len("kernel"), len("release")
	for _, r := range runs {
		kernel, release = max(kernel, len(r.Kernel)), max(release, len(r.ReleaseName()))
	}
	fmt.Fprintf(w, "%-*s %-*s %-10s %7s %8s %7s %8s %7s %8s\n",
		kernel, "kernel", release, "release", "mode", "passed", "unsteady", "failed", "skipped", "boot_s", "tests_s")
	var sum Counts
	for _, r := range runs {
		c := r.Count()
		sum = sum.Add(c)
		fmt.Fprintf(w, "%-*s %-*s %-10s %7d %8d %7d %8d %7.1f %8.1f\n",
			kernel, r.Kernel, release, r.ReleaseName(), r.ModeName(), c.Passed, c.Unsteady, c.Failed, c.Skipped, r.BootSeconds, r.Seconds)
	}
	_, err := fmt.Fprintf(w, "\n%d passed (%d of them only when run again), %d failed, %d skipped\n", sum.Passed, sum.Unsteady, sum.Failed, sum.Skipped)
	return err
}

// A failed test shows at most this many of its first and of its last lines.
const (
	shownFirst = 25
	shownLast  = 45
)

// Failures prints the failed and unsteady tests of a run with what they said.
func Failures(w io.Writer, r Run) {
	for _, t := range r.Tests {
		word := "FAIL"
		switch {
		case t.Unsteady:
			word = "UNSTEADY"
		case t.Status != Fail:
			continue
		}
		fmt.Fprintf(w, "--- %s: %s %s: %s\n", word, r.Kernel, r.ModeName(), t.FullName())
		lines := strings.Split(t.Output, "\n")
		for i, line := range lines {
			switch hidden := len(lines) - shownFirst - shownLast; {
			case i < shownFirst || i >= shownFirst+hidden:
				fmt.Fprintf(w, "    %s\n", line)
			case i == shownFirst:
				fmt.Fprintf(w, "    (%d lines more are in the log)\n", hidden)
			}
		}
	}
}

// FullName is package and test.
func (t Test) FullName() string {
	return strings.TrimRight(t.Package+" "+t.Name, " ")
}
