// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
)

// causeLines is how much of the verifier's log is shown: its last words, which
// say what it refuses, and the instructions just before.
const causeLines = 6

// refusalError is a program that the verifier refuses, with the end of its log.
type refusalError struct {
	program, cause string
	err            error
}

// refusal makes one of the error of loading a collection.
func refusal(err error, verifier *ebpf.VerifierError) error {
	// cilium/ebpf begins the message with: program NAME:
	program, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "program "), ":")
	return &refusalError{program, verifierCause(verifier.Log), verifier.Cause}
}

func (e *refusalError) Error() string {
	return fmt.Sprintf("program %s (%v):\n%s", e.program, e.err, e.cause)
}

func (e *refusalError) Unwrap() error { return e.err }

// verifierCause shortens a verifier's log to its cause: the last lines, without
// the statistics that follow.
func verifierCause(log []string) string {
	end := len(log)
	for end > 0 && isStatistic(log[end-1]) {
		end--
	}
	begin := max(end-causeLines, 0)
	var b strings.Builder
	if begin > 0 {
		fmt.Fprintf(&b, "  (%d lines before)\n", begin)
	}
	for _, line := range log[begin:end] {
		fmt.Fprintf(&b, "  %s\n", strings.TrimSpace(line))
	}
	return strings.TrimRight(b.String(), "\n")
}

func isStatistic(line string) bool {
	for _, prefix := range []string{"processed ", "verification time", "stack depth", "peak_states"} {
		if strings.HasPrefix(line, prefix) {
			return true
		}
	}
	return strings.TrimSpace(line) == ""
}
