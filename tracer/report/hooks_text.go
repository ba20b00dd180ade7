// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

// hookTexts says in a sentence each which hooks are not as the mode wants them.
func hookTexts(run *tracer.Run) []string {
	var all []string
	for _, h := range run.Hooks {
		if h.Missed == "" {
			continue
		}
		text := "hook " + h.Name + " (" + h.Gives + "): " + h.Missed
		if h.Attached == "" {
			text += "; nothing takes its place"
		} else {
			text += "; " + h.Attached + " takes its place"
		}
		all = append(all, plain(text))
	}
	return all
}
