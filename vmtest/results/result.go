// SPDX-License-Identifier: Apache-2.0

package results

import "slices"

// Status of a test, in the words of go test.
type Status string

const (
	Pass Status = "pass"
	Fail Status = "fail"
	Skip Status = "skip"
)

// Test is one test function or subtest.
type Test struct {
	Package string `json:"package"`
	// Name is empty for what befell the package as a whole.
	Name   string `json:"name"`
	Status Status `json:"status"`
	// Reason is why a test was skipped.
	Reason string `json:"reason,omitempty"`
	// Output is what a failed test printed.
	Output string `json:"output,omitempty"`
	// Unsteady says that the test failed at first, which Output is of, and
	// passed when it was run again.
	Unsteady bool `json:"unsteady,omitempty"`
}

// Again takes in the second run of tests that failed in the first: those that
// pass now are unsteady.
func Again(first, second []Test) []Test {
	merged := slices.Clone(first)
	for i, t := range merged {
		passed := func(s Test) bool { return s.Package == t.Package && s.Name == t.Name && s.Status == Pass }
		if t.Status == Fail && slices.ContainsFunc(second, passed) {
			merged[i].Status, merged[i].Unsteady = Pass, true
		}
	}
	return merged
}

// Run is one kernel in one mode.
type Run struct {
	// Kernel is the name of the series, Release what uname -r says.
	Kernel  string   `json:"kernel"`
	Release string   `json:"release"`
	Suites  []string `json:"suites"`
	// Mode is empty if the choice was left to the tracer.
	Mode  string `json:"mode"`
	Tests []Test `json:"tests"`
	// Seconds is how long the tests took, without the boot.
	Seconds float64 `json:"seconds"`
	// BootSeconds is the kernel's time at the start of init.
	BootSeconds float64 `json:"boot_seconds"`
	// Check is what vethtrace check prints there, in one run of each machine.
	Check []string `json:"check,omitempty"`
}

// Counts of tests. The unsteady are among the passed.
type Counts struct{ Passed, Unsteady, Failed, Skipped int }

// Count counts the tests of a run.
func (r Run) Count() (c Counts) {
	for _, t := range r.Tests {
		switch t.Status {
		case Pass:
			c.Passed++
			if t.Unsteady {
				c.Unsteady++
			}
		case Fail:
			c.Failed++
		case Skip:
			c.Skipped++
		}
	}
	return c
}

// Add sums up.
func (c Counts) Add(other Counts) Counts {
	return Counts{c.Passed + other.Passed, c.Unsteady + other.Unsteady, c.Failed + other.Failed, c.Skipped + other.Skipped}
}

// ModeName is the mode as people read it.
func (r Run) ModeName() string {
	if r.Mode == "" {
		return "auto"
	}
	return r.Mode
}

// Packages are those whose tests were run, in that order.
func (r Run) Packages() (names []string) {
	for _, t := range r.Tests {
		if !slices.Contains(names, t.Package) {
			names = append(names, t.Package)
		}
	}
	return names
}

// ReleaseName is the release, if the kernel lived long enough to tell.
func (r Run) ReleaseName() string {
	if r.Release == "" {
		return "-"
	}
	return r.Release
}
