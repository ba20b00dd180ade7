// SPDX-License-Identifier: Apache-2.0

package report

import _ "embed"

//go:embed ns_schema.json
var nsSchema string

// NsSchema returns the JSON Schema (draft 2020-12) of what [WriteNsJSON]
// writes. The caller may change what it gets.
func NsSchema() []byte { return []byte(nsSchema) }
