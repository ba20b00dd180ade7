// SPDX-License-Identifier: Apache-2.0

package report

import (
	"net/netip"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// Path is what is reported of packets that were followed.
type Path struct {
	// From is where probes were sent.
	From tracer.Netns
	// To is the destination as it was asked for, Addr its address.
	To    string
	Addr  netip.Addr
	Proto uint8
	// Port is 0 where there is none.
	Port uint16
	// Watched is whether traffic was followed and nothing sent. Then Filter is
	// what was chosen of it, in words, empty for all; and of the fields above
	// none is set.
	Watched bool
	Filter  string
	Result  *packets.Result
	// Causes explain the journeys, one each, by their order; nil where nothing
	// has to be explained or could be.
	Causes []*Cause
}

// Cause is why a packet ended, in words; as package cause has it.
type Cause struct {
	// ID is a word that does not change, Sentence says the same to people.
	ID, Sentence string
	// Evidence is what was read, and where.
	Evidence []string
	// Cure are commands for a shell, in their order.
	Cure []string
	// Sure is whether it is proven, and not only likely.
	Sure bool
}

// cause returns what explains a journey, or nil.
func (p *Path) cause(journey int) *Cause {
	if journey < len(p.Causes) {
		return p.Causes[journey]
	}
	return nil
}
