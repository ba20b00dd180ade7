// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteTextFooter writes the lines that end a trace in text: how many hops and
// drops were shown of how many seen, the gist of the run, and the hooks that are
// not as the mode wants them.
func WriteTextFooter(w io.Writer, s *tracer.Snapshot, e Emission) error {
	text := count(e.Emitted, "hop")
	if e.Drops > 0 {
		text += " and " + count(e.Drops, "drop")
	}
	text = "-- " + text + " shown; " + gist(s) + "\n"
	for _, hook := range hookTexts(&s.Run) {
		text += "-- " + hook + "\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the footer: %w", err)
	}
	return nil
}
