// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer/path"
)

// Cause is why a packet ended.
type Cause struct {
	// ID is a word that does not change, Sentence says the same to people.
	ID, Sentence string
	// Evidence is what was read, and where.
	Evidence []string
	// Cure are commands for a shell, to be run in this order. Words in capitals
	// have to be filled in. It is empty where no command cures it: then the
	// sentence says what does.
	Cure []string
	// Sure is whether the state that was read proves it.
	Sure bool
}

// Explain says why a journey ended so; nil if it was answered. It needs root and
// Linux 5.10. The error is that of reading the state of the namespace; what
// could be read has been used all the same.
func Explain(j *path.Journey) (*Cause, error) {
	if j.End.Outcome == path.Answered {
		return nil, nil
	}
	s, err := read(j)
	c := decide(j, s)
	if err != nil {
		return c, fmt.Errorf("reading the state of network namespace %s: %w", nameOf(j.End.Netns), err)
	}
	return c, nil
}
