// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer/ruleset"
)

// filter returns what looks for rules against what ended, or against the answer
// to it.
func (p *problem) filter(answer bool) func(hooks ...string) (Rules, error) {
	q := ruleset.Query{Flow: p.end.Flow, In: p.in(), Out: p.out(), New: !p.end.Answer}
	if p.end.In != nil && p.To.Local {
		q.Out = ""
	}
	if answer {
		q.Flow.Src, q.Flow.Dst = q.Flow.Dst, q.Flow.Src
		q.In, q.Out, q.New = "", p.Back.Device, false
	}
	return func(hooks ...string) (Rules, error) {
		q := q
		q.Hooks = hooks
		a, err := ruleset.Find(p.Netns.Path, q)
		r := Rules{Certain: a.Certain, Legacy: a.Legacy}
		for _, m := range a.Matches {
			r.Found = append(r.Found, ruleOf(m))
		}
		return r, err
	}
}

func ruleOf(m ruleset.Match) Rule {
	r := Rule{Cure: m.Cure, Policy: m.Handle == 0, Reject: m.Reject}
	r.Text = fmt.Sprintf("hook %s: %s", m.Hook, m.Text)
	if m.Packets != nil {
		r.Text += fmt.Sprintf(" (counted %d packets)", *m.Packets)
	}
	return r
}
