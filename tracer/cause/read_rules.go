// SPDX-License-Identifier: Apache-2.0

package cause

import "github.com/vethtrace/vethtrace/tracer/path"

// filter returns what looks for rules against what ended, or against the answer
// to it.
func filter(netnsPath string, e *path.End, answer bool) func(hooks ...string) (Rules, error) {
	return nil
}
