// SPDX-License-Identifier: Apache-2.0

package results

import (
	"slices"
	"strings"
)

// ranIn returns the runs that had a test, whatever became of it.
func ranIn(runs []Run, test string) (in []Run) {
	for _, r := range runs {
		if slices.ContainsFunc(r.Tests, func(t Test) bool { return t.FullName() == test }) {
			in = append(in, r)
		}
	}
	return in
}

// places names some of the runs in few words: a kernel without a mode is all
// its modes.
func places(some, all []Run) string {
	if len(some) == len(all) {
		return "everywhere"
	}
	of := func(runs []Run, kernel string) (modes []string) {
		for _, r := range runs {
			if r.Kernel == kernel {
				modes = append(modes, r.ModeName())
			}
		}
		return modes
	}
	var names []string
	for i, r := range some {
		modes := of(some, r.Kernel)
		switch {
		case i > 0 && some[i-1].Kernel == r.Kernel: // named already
		case len(modes) == len(of(all, r.Kernel)):
			names = append(names, r.Kernel)
		default:
			names = append(names, r.Kernel+" "+strings.Join(modes, " and "))
		}
	}
	return strings.Join(names, ", ")
}
