// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"strings"
	"testing"
)

// tc sees what was asked for, and nothing any more after Undo.
func TestQdiscAgainstTC(t *testing.T) {
	name := labName(t)
	a := mustUp(t, name).Ends[0].Netns
	show := func() string { return command(t, "tc", "-n", a, "qdisc", "show", "dev", "eth0", "root") }
	before := show()
	for value, want := range map[string][]string{
		"fq":                                     {"qdisc fq "},
		"fq_codel":                               {"qdisc fq_codel "},
		"pfifo_fast":                             {"qdisc pfifo_fast "},
		"tbf rate 100mbit burst 32kb limit 1mb":  {"qdisc tbf ", "rate 100Mbit", "burst 32Kb"},
		"netem delay 10ms 2ms loss 1% limit 500": {"qdisc netem ", "limit 500", "delay 10ms  2ms", "loss 1%"},
		"netem delay 5ms reorder 25% duplicate 2%": {"qdisc netem ", "delay 5ms", "reorder 25%", "duplicate 2%"},
	} {
		t.Run(value, func(t *testing.T) {
			_, err := Apply(name, Setting{Kind: QdiscKind, Netns: a, Device: "eth0", Value: value})
			if err != nil && strings.Contains(err.Error(), "this kernel has no queueing discipline") {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := show()
			for _, w := range want {
				if !strings.Contains(got, w) {
					t.Errorf("tc says %q, want %q in it", got, w)
				}
			}
			left, err := Undo(name)
			wantSilence(t, left, err)
			if got := show(); got != before {
				t.Errorf("after Undo: got %q, want %q", got, before)
			}
		})
	}
}
