// SPDX-License-Identifier: Apache-2.0

package tracer

import "fmt"

// Mode is the kind of hooks a trace uses where there is a choice.
type Mode string

// The modes. All count the same hops; docs/modes.md says what each can know.
const (
	// ModeAuto is fentry where the kernel allows it, else tracepoint.
	ModeAuto Mode = ""
	// ModeFentry attaches to functions by BPF trampolines (since 5.5, in
	// modules 5.11; arm64 6.0).
	ModeFentry Mode = "fentry"
	// ModeKprobe attaches to functions by kprobes, at about twice the cost.
	ModeKprobe Mode = "kprobe"
	// ModeTracepoint uses tracepoints only.
	ModeTracepoint Mode = "tracepoint"
)

// ParseMode understands "auto" and the names of the modes.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case "auto":
		return ModeAuto, nil
	case ModeFentry, ModeKprobe, ModeTracepoint:
		return m, nil
	}
	return "", fmt.Errorf("mode %q is none of auto, fentry, kprobe, tracepoint", s)
}
