// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"

	"github.com/vethtrace/vethtrace/tracer"
)

// world is what deciding needs to know of the machine as it is now.
type world interface {
	// isLocal says whether the address is one of the namespace's own.
	isLocal(netns uint32, addr netip.Addr) bool
	// leaves says whether what a device transmits leaves the machine, or what
	// can be followed on it.
	leaves(d tracer.DeviceID) bool
	// netns names a namespace.
	netns(inode uint32) tracer.Netns
}

// decide says how a journey ended. sendErr is what sending it said, and p knows
// whether the sender has the answer.
func decide(p Probe, out, back []sighting, sendErr error, w world) End {
	switch {
	case sendErr != nil:
		e := endOf(out, NotSent, w)
		e.Netns, e.Flow, e.Error = p.Netns, p.Flow, sendErr
		return e
	case p.AnswerNS != 0:
		e := endOf(back, Answered, w)
		e.Answer = true
		if len(back) == 0 { // it was not seen, but it is there
			e.Netns, e.Flow = p.Netns, p.Flow
		}
		return e
	}
	if refusal := refusedBy(p, back); refusal != nil {
		e := endOf(out, Refused, w)
		e.ICMP = refusal.ICMP
		return e
	}
	if answer := answers(back); len(answer) > 0 {
		e := endOf(answer, fate(answer, w), w)
		e.Answer = true
		// Where its addresses are translated back, it seems to be for the router.
		if e.Outcome == Delivered && e.Netns.Inode != p.Netns.Inode {
			e.Outcome = Vanished
		}
		return e
	}
	e := endOf(out, fate(out, w), w)
	if e.Last == nil {
		e.Netns, e.Flow = p.Netns, p.Flow
	}
	return e
}

// refusedBy returns the ICMP error or TCP reset that came to the sender, or nil.
func refusedBy(p Probe, back []sighting) *sighting {
	for i := range back {
		s := &back[i]
		if (s.ICMP != nil || s.reset) && s.Point == PointReceive && s.Device.Netns == p.Netns.Inode {
			return s
		}
	}
	return nil
}

// answers leaves out ICMP errors: what they are about says more.
func answers(back []sighting) (all []sighting) {
	for _, s := range back {
		if s.ICMP == nil {
			all = append(all, s)
		}
	}
	return all
}

// fate says what became of a packet that nobody answered.
func fate(seen []sighting, w world) Outcome {
	last := final(seen)
	switch {
	case last == nil:
		return Vanished
	case last.Point == PointDrop:
		return Dropped
	case last.Point == PointReceive && w.isLocal(last.Device.Netns, last.Flow.Dst.Addr()):
		return Delivered
	case last.Point == PointXmit && w.leaves(last.Device.DeviceID):
		return Left
	}
	return Vanished
}

// consumed says whether what was seen last was also seen to be used.
func consumed(seen []Sighting) bool {
	for i := range seen {
		if last := &seen[len(seen)-1-i]; last.Point != PointConsume {
			return i > 0
		}
	}
	return false
}

// final returns the last sighting that says something: the drop, if it is the
// end and not that of a copy while the packet itself went on; nil if there is
// none. That something was consumed says nothing: whoever listens to a device
// does so.
func final(seen []sighting) *sighting {
	var last, drop *sighting
	for i := range seen {
		s := &seen[i]
		switch {
		case s.Point == PointDrop:
			drop = s
		case s.Point < PointDrop:
			last = s
		}
	}
	if drop != nil && (last == nil || drop.TSNS >= last.TSNS || drop.SKB == last.SKB) {
		return drop
	}
	return last
}

// endOf fills in where something ended.
func endOf(seen []sighting, outcome Outcome, w world) End {
	e := End{Outcome: outcome}
	last := final(seen)
	if last == nil {
		return e
	}
	s := last.Sighting
	e.Last, e.Flow, e.Netns = &s, s.Flow, w.netns(s.Device.Netns)
	for i := range seen {
		at := &seen[i]
		if at.Device.Netns != s.Device.Netns || at.TSNS > s.TSNS {
			continue
		}
		device := at.Device
		switch at.Point {
		case PointReceive:
			e.In, e.Out = &device, nil
		case PointQueue, PointXmit:
			e.Out = &device
		}
	}
	switch {
	case e.Out != nil || s.Point != PointDrop:
	case last.out != nil && last.out.Netns == s.Device.Netns:
		e.Out = last.out
	case s.Device.Ifindex != 0 && (e.In == nil || e.In.DeviceID != s.Device.DeviceID):
		device := s.Device
		e.Out = &device
	}
	return e
}
