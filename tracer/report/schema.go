// SPDX-License-Identifier: Apache-2.0

package report

import _ "embed"

//go:embed schema.json
var schema string

// Schema returns the JSON Schema (draft 2020-12) of every JSON line that this
// package writes. The caller may change what it gets.
func Schema() []byte { return []byte(schema) }
