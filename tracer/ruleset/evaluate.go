// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// truth is whether a rule matches.
type truth int

const (
	no truth = iota
	maybe
	yes
)

// source is where rules come from.
type source interface {
	base(hook string, v6 bool) []*nftables.Chain
	rulesOf(c *nftables.Chain) []*nftables.Rule
	chain(t *nftables.Table, name string) *nftables.Chain
	set(t *nftables.Table, name string) *set
}

// evaluation follows a packet through base chains.
type evaluation struct {
	q       *Query
	rules   source
	matches []Match
	// certain is whether every rule so far was understood.
	certain bool
	depth   int
}

// maxDepth is the kernel's NFT_JUMP_STACK_SIZE.
const maxDepth = 16

// outcome is how a chain ends for the packet.
type outcome int

const (
	// falls is the end of the chain, or return.
	falls outcome = iota
	accepted
	ended
)

// hook runs the base chains of a hook and says whether the packet goes on.
func (e *evaluation) hook(hook string) bool {
	for _, c := range e.rules.base(hook, e.q.v6()) {
		switch e.chain(c, c, hook) {
		case ended:
			return false
		case falls:
			if c.Policy != nil && *c.Policy == nftables.ChainPolicyDrop {
				e.matches = append(e.matches, e.policy(c, hook))
				if e.certain {
					return false
				}
			}
		}
	}
	return true
}

// chain runs the rules of c, which base led to.
func (e *evaluation) chain(c, base *nftables.Chain, hook string) outcome {
	if e.depth++; e.depth > maxDepth {
		e.certain = false
		return accepted
	}
	defer func() { e.depth-- }()
	for _, r := range e.rules.rulesOf(c) {
		p := packet{q: e.q, hook: strings.TrimPrefix(hook, "bridge-"), table: c.Table, sets: e.rules}
		verdict, matches := p.run(r.Exprs)
		if matches == no || verdict == nil {
			if matches == maybe && verdict != nil {
				e.certain = false
			}
			continue
		}
		if done, how := e.apply(verdict, matches, &p, r, c, base, hook); done {
			return how
		}
	}
	return falls
}

// apply does what a rule says that matches, or may. done is whether the chain
// ends there.
func (e *evaluation) apply(v *verdict, matches truth, p *packet, r *nftables.Rule, c, base *nftables.Chain, hook string) (done bool, how outcome) {
	if matches == maybe {
		e.certain = false
	}
	switch v.kind {
	case expr.VerdictDrop:
		e.matches = append(e.matches, e.rule(p, r, c, hook, v.reject))
		// Behind a rule that may not match, others may be the one.
		return matches == yes, ended
	case expr.VerdictAccept, expr.VerdictStop:
		return matches == yes, accepted
	case expr.VerdictReturn:
		return matches == yes, falls
	case expr.VerdictJump, expr.VerdictGoto:
		to := e.rules.chain(c.Table, v.chain)
		if to == nil {
			e.certain = false
			return false, falls
		}
		how = e.chain(to, base, hook)
		if matches == maybe || how == falls && v.kind == expr.VerdictJump {
			return false, falls
		}
		return true, how
	case expr.VerdictQueue, expr.VerdictStolen:
		e.certain = false // a program decides
	}
	return false, falls
}
