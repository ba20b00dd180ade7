// SPDX-License-Identifier: Apache-2.0

package cause

// Rules is what was found of nftables that can end a packet.
type Rules struct {
	Found []Rule
	// Certain is whether the first is the one; else it is one of them.
	Certain bool
	// Legacy is whether iptables-legacy has rules, which are not read.
	Legacy bool
}

// Rule is one, or the policy of a chain.
type Rule struct {
	// Text is the rule with family, table and chain; Cure the arguments of
	// the command that lets the packet pass.
	Text, Cure string
	// Policy is whether it is the chain's policy, Reject whether it answers.
	Policy, Reject bool
}
