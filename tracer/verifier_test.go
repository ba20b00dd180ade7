// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

func TestVerifierCause(t *testing.T) {
	long := make([]string, 0, 120)
	for i := range 100 {
		long = append(long, fmt.Sprintf("%d: (b7) r0 = %d", i, i))
	}
	long = append(long, "R1 type=ctx expected=fp", "processed 100 insns (limit 1000000) max_states_per_insn 0",
		"verification time 123 usec", "")
	for _, tt := range []struct {
		name string
		log  []string
		want string
	}{
		{"nothing", nil, ""},
		{"one line", []string{"R1 !read_ok"}, "  R1 !read_ok"},
		{"long", long, "  (95 lines before)\n  95: (b7) r0 = 95\n  96: (b7) r0 = 96\n  97: (b7) r0 = 97\n" +
			"  98: (b7) r0 = 98\n  99: (b7) r0 = 99\n  R1 type=ctx expected=fp"},
	} {
		if got := verifierCause(tt.log); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}

// A program that the verifier refuses is named, with the reason.
func TestRefusal(t *testing.T) {
	verifier := &ebpf.VerifierError{Cause: unix.EACCES, Log: []string{"invalid bpf_context access off=16 size=8"}}
	err := refusal(fmt.Errorf("program %s: %w", "enqueue_fentry", verifier), verifier)
	want := "program enqueue_fentry (permission denied):\n  invalid bpf_context access off=16 size=8"
	if err.Error() != want || !errors.Is(err, unix.EACCES) {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}
