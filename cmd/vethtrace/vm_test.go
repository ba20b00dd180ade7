// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
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

// isTurn is whether this machine of make test-vm takes the case of this number,
// when kernels share the cases of a test out: these tests then run on two of
// them, next to each other.
func isTurn(i int) bool {
	var place, of int
	_, err := fmt.Sscanf(os.Getenv("VETHTRACE_TURN"), "%d/%d", &place, &of)
	return err != nil || of < 1 || i%2 == place%2
}

// inTurn takes one of each row of a table of cases in an emulated machine, and
// all of them elsewhere.
func inTurn(row, column int) bool { return !inVM || row == column }
