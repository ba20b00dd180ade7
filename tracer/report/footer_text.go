// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteTextFooter writes the line that ends a trace in text: how many hops
// were shown of how many seen, and the gist of the run.
func WriteTextFooter(w io.Writer, s *tracer.Snapshot, shown uint64) error {
	if _, err := fmt.Fprintf(w, "-- %s shown; %s\n", count(shown, "hop"), gist(s)); err != nil {
		return fmt.Errorf("writing the footer: %w", err)
	}
	return nil
}
