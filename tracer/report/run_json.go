// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

// hookJSON is a place in the kernel that was to be watched.
type hookJSON struct {
	Name     string `json:"name"`
	Gives    string `json:"gives"`
	Attached string `json:"attached,omitempty"`
	Missed   string `json:"missed,omitempty"`
}

func hooksOf(run *tracer.Run) []hookJSON {
	hooks := make([]hookJSON, len(run.Hooks))
	for i, h := range run.Hooks {
		hooks[i] = hookJSON{h.Name, h.Gives, h.Attached, h.Missed}
	}
	return hooks
}

func kindsOf(run *tracer.Run) []string {
	kinds := make([]string, len(run.Kinds))
	for i, k := range run.Kinds {
		kinds[i] = k.String()
	}
	return kinds
}
