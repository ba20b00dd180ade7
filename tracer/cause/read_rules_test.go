// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"testing"

	"github.com/vethtrace/vethtrace/tracer/ruleset"
)

func TestRuleOf(t *testing.T) {
	packets := uint64(3)
	got := ruleOf(ruleset.Match{Hook: "input", Handle: 4, Text: "ip f c handle 4: drop", Cure: "nft x", Reject: true, Packets: &packets})
	want := Rule{Text: "hook input: ip f c handle 4: drop (counted 3 packets)", Cure: "nft x", Reject: true}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ruleOf(ruleset.Match{Hook: "input", Text: "policy drop"}); !got.Policy {
		t.Errorf("got %+v, want a policy", got)
	}
}
