// SPDX-License-Identifier: Apache-2.0

package guest

// Where things are in the initramfs.
const (
	PlanFile    = "/vmtest/plan.json"
	ModulesDir  = "/vmtest/modules"
	ModulesList = "/vmtest/modules.list"
	BinariesDir = "/vmtest/tests"
	// Vethtrace is the command itself.
	Vethtrace = "/bin/vethtrace"
)

// ResultsDevice is where records go; the kernel's messages go to the first
// serial port.
const ResultsDevice = "/dev/ttyS1"

// Plan is what the guest runs, one after the other.
type Plan struct {
	Steps []Step
	// TimeoutSeconds is -test.timeout, for each step.
	TimeoutSeconds int
	// Facts asks for what the kernel has, and Check for what vethtrace check
	// says, before the tests.
	Facts, Check bool
	// Turn is what VETHTRACE_TURN is set to: "1/4" leaves to tests of many cases
	// every fourth, from the second on. Empty means all.
	Turn string `json:",omitempty"`
}

// Step is one run of the tests of a package.
type Step struct {
	Package
	// Mode is what VETHTRACE_MODE is set to, empty to leave the choice to the
	// tracer.
	Mode string
	// Run is the regular expression of -test.run.
	Run string
}

// Package is one test binary.
type Package struct {
	// Name is the package's path below the module.
	Name string
	// Dir is where its tests run, Binary what to run.
	Dir, Binary string
}
