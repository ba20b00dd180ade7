// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"github.com/vethtrace/vethtrace/tracer"
)

// Query is a packet, and where it was in netfilter.
type Query struct {
	// Hooks are those it may have met: "prerouting", "input", "forward",
	// "output", "postrouting", "ingress", and "bridge-" before one of them.
	Hooks []string
	Flow  tracer.FlowKey
	// In and Out are the names of devices, empty if there is none.
	In, Out string
	// New is whether it is the first packet of its connection.
	New bool
}

// Match is a rule, or the policy of a base chain, that ends the packet.
type Match struct {
	Family, Table, Chain, Hook string
	// Handle is the rule's; 0 is the chain's policy.
	Handle uint64
	// Text is the rule near to how nft prints it; "..." is what is not
	// understood.
	Text string
	// Cure is the command that lets the packet pass, for the namespace.
	Cure string
	// Reject is whether it answers with an error.
	Reject bool
	// Packets is the rule's counter, nil if it has none.
	Packets *uint64
}

// Answer is what was found.
type Answer struct {
	Matches []Match
	// Certain is whether all was understood: then there is one match at most.
	Certain bool
	// Legacy is whether iptables-legacy has tables in the namespace. They are
	// not read.
	Legacy bool
}

// v6 says whether the packet is of IPv6.
func (q *Query) v6() bool { return q.Flow.Src.Addr().Is6() }
