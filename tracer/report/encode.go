// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// SchemaVersion is the number in "schema" of a header and a stat document. It
// grows only if a field is renamed, removed or changes its meaning.
const SchemaVersion = 1

// writeLine writes v as JSON on one line, in one Write.
func writeLine(w io.Writer, v any, what string) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// list returns s itself, or an empty list for nil: an array in JSON is never
// null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
