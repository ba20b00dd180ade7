// SPDX-License-Identifier: Apache-2.0

package report

import _ "embed"

//go:embed path_schema.json
var pathSchema string

// PathSchema returns the JSON Schema (draft 2020-12) of what [WritePathJSON]
// writes. The caller may change what it gets.
func PathSchema() []byte { return []byte(pathSchema) }
