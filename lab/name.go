// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"strings"
)

// DefaultName is the name of a lab when [Options] gives none.
const DefaultName = "demo"

// maxName keeps namespace names short enough to stay readable in a table.
const maxName = 32

// validateName accepts names that are sane as part of a file name, a
// namespace name and a shell word.
func validateName(name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("lab name %q: want 1 to %d characters", name, maxName)
	}
	if strings.ContainsFunc(name, notInName) {
		return fmt.Errorf("lab name %q: want only a-z, 0-9 and -", name)
	}
	if name[0] == '-' {
		return fmt.Errorf("lab name %q: want a letter or digit first", name)
	}
	return nil
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
}

// validatePathName rejects what would leave the directory it is looked up in.
func validatePathName(kind, name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("%s %q is not a name", kind, name)
	}
	return nil
}
