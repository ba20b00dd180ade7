// SPDX-License-Identifier: Apache-2.0

package guest

// Where things are in the initramfs.
const (
	PlanFile    = "/vmtest/plan.json"
	ModulesDir  = "/vmtest/modules"
	ModulesList = "/vmtest/modules.list"
	BinariesDir = "/vmtest/tests"
)

// ResultsDevice is where records go; the kernel's messages go to the first
// serial port.
const ResultsDevice = "/dev/ttyS1"

// ModeParameter is the kernel's parameter that carries the mode.
const ModeParameter = "vmtest.mode="

// Plan is what the guest runs, one after the other.
type Plan struct {
	Packages []Package
	// Run is the regular expression of -test.run.
	Run string
	// TimeoutSeconds is -test.timeout, for each package.
	TimeoutSeconds int
	// Facts asks for what the kernel has, before the tests.
	Facts bool
}

// Package is one test binary.
type Package struct {
	// Name is the package's path below the module.
	Name string
	// Dir is where its tests run, Binary what to run.
	Dir, Binary string
}
