// SPDX-License-Identifier: Apache-2.0

// Package quiet keeps bubbletea v1 from asking the terminal for its background
// colour in its init, which every command of a program that imports it would
// do: escape sequences in front of a table, and 5 seconds on a terminal that
// does not answer.
//
// termenv does not ask a dumb terminal. Packages are initialised in the order
// of their import paths as soon as what they import is (Go specification,
// "Program initialization"; Go 1.21), and this one needs only syscall, so it
// comes before golang.org/x/sys/unix and with it before bubbletea.
package quiet

import "syscall"

var term, set = syscall.Getenv("TERM")

func init() {
	if set {
		_ = syscall.Setenv("TERM", "dumb")
	}
}

// Restore puts TERM back. Package tui calls it in its init, which is after
// that of bubbletea.
func Restore() {
	if set {
		_ = syscall.Setenv("TERM", term)
	}
}
