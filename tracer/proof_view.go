// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	"slices"
)

// totals returns the counts of all flows, also of those forgotten.
func (p *proof) totals() Retransmits { return p.total }

// flows returns what is known of the flows of which a socket was seen, most
// retransmitted segments first.
func (p *proof) flows() []TCPFlow {
	var all []TCPFlow
	for f := p.flowList.older; f != &p.flowList; f = f.older {
		if f.sender != nil || f.receiver != nil {
			all = append(all, f.view())
		}
	}
	slices.SortFunc(all, func(a, b TCPFlow) int {
		return cmp.Or(
			cmp.Compare(b.segs(), a.segs()), cmp.Compare(b.outOfOrder(), a.outOfOrder()),
			cmp.Compare(a.Key.Proto, b.Key.Proto), a.Key.Src.Compare(b.Key.Src), a.Key.Dst.Compare(b.Key.Dst),
			cmp.Compare(a.Key.ID, b.Key.ID),
		)
	})
	return all
}

// view copies what changes as the engine goes on. What a chain points to does
// not.
func (f *proofFlow) view() TCPFlow {
	v := TCPFlow{Key: f.key, LastNS: f.lastNS}
	if f.sender != nil {
		s := *f.sender
		v.Sender = &s
	}
	if f.receiver != nil {
		r := *f.receiver
		v.Receiver = &r
	}
	v.Recent = append(append(v.Recent, f.recent[f.recentNext:]...), f.recent[:f.recentNext]...)
	return v
}

func (v *TCPFlow) segs() uint64 {
	if v.Sender == nil {
		return 0
	}
	return v.Sender.Segs
}

func (v *TCPFlow) outOfOrder() uint64 {
	if v.Receiver == nil {
		return 0
	}
	return v.Receiver.OutOfOrder
}
