// SPDX-License-Identifier: Apache-2.0

package tracer

// Bounds on what is remembered. A late packet or a signal that is forgotten can
// only have been for a retransmit that was made without delay.
const (
	maxProofFlows = 1024
	maxWaiting    = 8192
	maxLates      = 4096
	maxDrops      = 1024
	maxHoles      = 1024
	maxUnclaimed  = 256
	maxUndos      = 64
	// idleNS is how long a flow is remembered after its last event, quietNS its
	// late packets, which need the most memory.
	idleNS  = 60_000_000_000
	quietNS = 5_000_000_000
)

// proofFlow is what is remembered of one flow.
type proofFlow struct {
	key FlowKey
	// newer and older are its neighbours by the time of their last event.
	newer, older *proofFlow
	lastNS       uint64
	// sender is as of senderNS, receiver as of receiverNS; nil if nothing was
	// seen of that socket.
	sender               *TCPSender
	receiver             *TCPReceiver
	senderNS, receiverNS uint64
	totalRetrans         uint32
	// before is the flow's addressing before NAT.
	before    FlowKey
	hasBefore bool

	lates        history[evidence[Reorder]]
	drops        history[evidence[Drop]]
	holes, sacks history[struct{}]
	undos        history[struct{}]
	// unclaimed has bytes that came twice because of no retransmit that was
	// known, by who said so; the value is whether one was found later.
	unclaimed [numReporters]history[bool]
	// waiting are the retransmits without verdict, in order of arrival; nil
	// where it was given in the meantime.
	waiting history[*pending]
	// una is the sender's first unacknowledged byte, as of unaNS; what waits
	// before unacked is acknowledged.
	una     uint32
	unaNS   uint64
	unacked uint64
	// recent is a ring once it is full: recentNext is the oldest then.
	recent     []Retransmit
	recentNext int
}

func newProofFlow(key FlowKey) *proofFlow {
	f := &proofFlow{key: key}
	f.lates.limit, f.drops.limit = maxLates, maxDrops
	f.holes.limit, f.sacks.limit, f.undos.limit = maxHoles, maxHoles, maxUndos
	for i := range f.unclaimed {
		f.unclaimed[i].limit = maxUnclaimed
	}
	f.waiting.limit = maxWaiting
	return f
}

// flow returns what is remembered of a flow that has an event at tsNS, in place
// of what is forgotten for it.
func (p *proof) flow(key FlowKey, tsNS uint64) *proofFlow {
	f := p.byKey[key]
	switch {
	case f == nil:
		if len(p.byKey) >= maxProofFlows {
			p.forget(p.flowList.newer)
		}
		f = newProofFlow(key)
		p.byKey[key] = f
	case f.newer == &p.flowList:
		f.lastNS = max(f.lastNS, tsNS)
		return f
	default:
		f.unlink()
	}
	f.link(&p.flowList)
	f.lastNS = max(f.lastNS, tsNS)
	return f
}

// link puts a flow at the newest end of the list: a ring through list itself,
// whose older is the newest flow and whose newer the idlest.
func (f *proofFlow) link(list *proofFlow) {
	f.newer, f.older = list, list.older
	f.older.newer, list.older = f, f
}

func (f *proofFlow) unlink() { f.newer.older, f.older.newer = f.older, f.newer }

// tidyEveryNS is how often idle flows are looked for.
const tidyEveryNS = 1_000_000_000

// tidy forgets idle flows, and the late packets of quiet ones.
func (p *proof) tidy(nowNS uint64) {
	if nowNS-min(nowNS, p.tidiedNS) < tidyEveryNS {
		return
	}
	p.tidiedNS = nowNS
	for f := p.flowList.older; f != &p.flowList; f = f.older {
		switch idle := nowNS - min(nowNS, f.lastNS); {
		case idle > idleNS:
			p.forget(f)
		case idle > quietNS:
			f.lates.release()
		}
	}
}

// forget decides what waits and drops the flow. The totals keep what it counted.
func (p *proof) forget(f *proofFlow) {
	p.decideAll(f)
	f.unlink()
	delete(p.byKey, f.key)
}

// renew forgets the connection that had these addresses before: everything up to
// the last that its sender was seen to do.
func (p *proof) renew(f *proofFlow) {
	p.decideAll(f)
	f.lates.forget(f.senderNS)
	f.drops.forget(f.senderNS)
	f.holes.forget(f.senderNS)
	f.sacks.forget(f.senderNS)
	f.undos.forget(f.senderNS)
	for i := range f.unclaimed {
		f.unclaimed[i].forget(f.senderNS)
	}
	f.una, f.unaNS = 0, 0
}

// sides returns the flow, and that before NAT if it is known, whose sender's
// retransmits an event of the flow may explain.
func (p *proof) sides(key FlowKey, tsNS uint64) [2]*proofFlow {
	f := p.flow(key, tsNS)
	if !f.hasBefore {
		return [2]*proofFlow{f}
	}
	before := p.flow(f.before, tsNS)
	return [2]*proofFlow{f, before}
}
