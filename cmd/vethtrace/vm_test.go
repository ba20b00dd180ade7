// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"
	"time"
)

// inVM says that this is an emulated machine of make test-vm, in which
// everything takes some ten times as long.
var inVM = os.Getenv("VETHTRACE_VM") != ""

// patience is how long anything may take before a test gives up.
var patience = map[bool]time.Duration{false: 20 * time.Second, true: time.Minute}[inVM]

// onAnyKernel skips, among all kernels, what the kernel has no part in.
func onAnyKernel(t *testing.T) {
	t.Helper()
	if inVM {
		t.Skip("does not depend on the kernel")
	}
}

// inTurn takes one of each row of a table of cases in an emulated machine, and
// all of them elsewhere.
func inTurn(row, column int) bool { return !inVM || row == column }
