// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// missedHooks says in a sentence each which hooks are not as the mode wants
// them.
func missedHooks(run *tracer.Run) []string {
	var all []string
	for _, h := range run.Hooks {
		if h.Missed == "" {
			continue
		}
		instead := "nothing"
		if h.Attached != "" {
			instead = h.Attached
		}
		all = append(all, fmt.Sprintf("hook %s: %s; instead: %s (%s)", h.Name, h.Missed, instead, h.Gives))
	}
	return all
}

// noticesOf are what a reader of all numbers has to know.
func noticesOf(run *tracer.Run) []string {
	return slices.Concat(run.Warnings, missedHooks(run))
}

// modeText is the mode, and how many hooks are not as it wants them.
func modeText(run *tracer.Run) string {
	text := printable(string(run.Mode)) + " mode"
	switch n := len(missedHooks(run)); n {
	case 0:
		return text
	case 1:
		return text + ", 1 hook missed"
	default:
		return fmt.Sprintf("%s, %d hooks missed", text, n)
	}
}

// kindsText names the kinds of device that are traced.
func kindsText(run *tracer.Run) string {
	text := ""
	for i, k := range run.Kinds {
		if i > 0 {
			text += ", "
		}
		text += k.String()
	}
	if text == "" {
		return tracer.KindVeth.String()
	}
	return text
}
