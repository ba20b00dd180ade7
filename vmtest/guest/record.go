// SPDX-License-Identifier: Apache-2.0

package guest

import (
	"encoding/json"
	"io"
	"sync"
)

// Kind says what a record is.
type Kind string

const (
	// Booted is the first record; Text is the kernel's release.
	Booted Kind = "booted"
	// Fact is a line about the kernel, Check one of vethtrace check.
	Fact  Kind = "fact"
	Check Kind = "check"
	// Start, Output and End belong to one step: Text of Output is one line of
	// what go test -v prints, Exit of End the exit status.
	Start  Kind = "start"
	Output Kind = "output"
	End    Kind = "end"
	// Trouble is something init could not do.
	Trouble Kind = "trouble"
	// Done is the last record.
	Done Kind = "done"
)

// FailedTest is what begins the line of a test, not a subtest, that failed.
const FailedTest = "--- FAIL: "

// Record is one line of JSON on [ResultsDevice].
type Record struct {
	Kind    Kind   `json:"kind"`
	Package string `json:"package,omitempty"`
	Mode    string `json:"mode,omitempty"`
	// Again says that the step is the second run of those of its tests that
	// failed.
	Again   bool    `json:"again,omitempty"`
	Text    string  `json:"text,omitempty"`
	Exit    int     `json:"exit,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// Recorder writes records; it may be used by several goroutines.
type Recorder struct {
	mu sync.Mutex
	w  io.Writer
}

// NewRecorder writes to w.
func NewRecorder(w io.Writer) *Recorder { return &Recorder{w: w} }

// Write sends one record. There is nobody to tell of an error: the other side
// sees that records are missing.
func (r *Recorder) Write(record Record) {
	line, err := json.Marshal(record)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.w.Write(append(line, '\n'))
}
