// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteTextFooter writes the lines that end a trace in text: how many hops and
// other events were shown of how many seen, the gist of the run, what is wrong,
// and the hooks that are not as the mode wants them.
func WriteTextFooter(w io.Writer, s *tracer.Snapshot, e Emission) error {
	text := "-- " + shownText(&e) + " shown; " + gist(s) + "\n"
	for _, line := range trouble(s) {
		text += "-- " + line + "\n"
	}
	for _, hook := range hookTexts(&s.Run) {
		text += "-- " + hook + "\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the footer: %w", err)
	}
	return nil
}

// shownText names the events that were shown: hops in any case, or what was
// wanted instead, and else what there was.
func shownText(e *Emission) string {
	hops := e.Sampling.Events.Has(EventHop)
	var parts []string
	for i, n := range [NumEvents]uint64{e.Emitted, e.Drops, e.Reorders, e.Retransmits, e.Marks} {
		event := Event(i)
		if e.Sampling.Events.Has(event) && (n > 0 || event == EventHop || !hops && event != EventMark) {
			parts = append(parts, count(n, event.String()))
		}
	}
	last := len(parts) - 1
	if last == 0 {
		return parts[0]
	}
	return strings.Join(parts[:last], ", ") + " and " + parts[last]
}
