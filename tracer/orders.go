// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	"slices"
	"sync/atomic"

	"github.com/vethtrace/vethtrace/gen"
)

// orderNone is ORDER_NONE in bpf/abi.h.
const orderNone = ^uint32(0)

// order adds what is known of the order of one flow's packets to its flow and
// device.
func (t *tally) order(o *gen.VethtraceOrder) {
	f, ok := t.flows[flowID(o.Key)]
	if !ok {
		return // expired meanwhile
	}
	f.Order = orderOf(o)
	d := at(t.devices, deviceOf(o.Key[0]))
	d.Order = d.Order.plus(f.Order)
}

// orderOf copies an entry.
func orderOf(o *gen.VethtraceOrder) *Order {
	order := &Order{
		MaxDisplacement: o.MaxDisplacement,
		OtherPairs:      o.OtherPairs,
		Moves:           o.Moves,
		LastNS:          o.LastNs,
	}
	copy(order.Late.Counts[:], o.LateBuckets[:])
	order.Late.MaxNS = o.MaxLateNs
	copy(order.Causes[:], o.Causes[:])
	for _, p := range o.Pairs {
		if p.Hops > 0 {
			order.Pairs = append(order.Pairs, OrderPair{int(p.LateCpu), int(p.OverCpu), uint64(p.Hops)})
		}
	}
	order.sortPairs()
	return order
}

// plus returns the sum of both, of which either may be nil. The receiver is
// changed.
func (o *Order) plus(more *Order) *Order {
	if o == nil {
		o = new(Order)
	}
	if more == nil {
		return o
	}
	o.Late.Add(&more.Late)
	o.MaxDisplacement = max(o.MaxDisplacement, more.MaxDisplacement)
	for i, n := range more.Causes {
		o.Causes[i] += n
	}
	for _, p := range more.Pairs {
		i := slices.IndexFunc(o.Pairs, func(q OrderPair) bool {
			return q.LateCPU == p.LateCPU && q.OvertakerCPU == p.OvertakerCPU
		})
		if i < 0 {
			o.Pairs = append(o.Pairs, p)
		} else {
			o.Pairs[i].Hops += p.Hops
		}
	}
	o.sortPairs()
	o.OtherPairs += more.OtherPairs
	o.Moves += more.Moves
	o.LastNS = max(o.LastNS, more.LastNS)
	return o
}

func (o *Order) sortPairs() {
	slices.SortFunc(o.Pairs, func(a, b OrderPair) int {
		return cmp.Or(cmp.Compare(b.Hops, a.Hops), cmp.Compare(a.LateCPU, b.LateCPU), cmp.Compare(a.OvertakerCPU, b.OvertakerCPU))
	})
}

// expireOrders frees entries that no cell refers to any more, in two steps, as
// expireCells does: a cell may be about to.
func (t *Tracer) expireOrders() {
	inUse := make(map[uint32]bool)
	for i := range t.flows.items {
		c := &t.flows.items[i]
		if order := c.Order; atomic.LoadUint64(&c.State) != cellFree && order != 0 && order != orderNone {
			inUse[order-1] = true
		}
	}
	for i := range t.unused {
		o := &t.orders.items[i]
		if inUse[i] {
			atomic.StoreUint64(&o.State, cellLive)
			continue
		}
		if o.Reordered > 0 {
			d := deviceOf(o.Key[0])
			t.pastOrders[d] = t.pastOrders[d].plus(orderOf(o))
		}
		*o = gen.VethtraceOrder{State: cellRetiring}
		atomic.StoreUint64(&o.State, cellFree)
	}
	t.unused = make(map[uint32]bool)
	for i := range t.inUse {
		if !inUse[i] {
			atomic.StoreUint64(&t.orders.items[i].State, cellRetiring)
			t.unused[i] = true
		}
	}
	t.inUse = inUse
}

// addTCP fills in what is known of TCP connections. The caller holds t.mu.
func (t *Tracer) addTCP(s *Snapshot) {
	s.TCP, s.Retransmits = t.rare.flows()
	netns := make(map[uint32]bool)
	name := func(inode uint32) string {
		netns[inode] = true
		if _, ok := t.names.netns[inode]; !ok {
			t.names.find([]DeviceID{{Netns: inode}})
		}
		return t.names.netns[inode].Name
	}
	// Those asked for are shown even while there is nothing to show.
	if ns := t.opts.Filter.Netns; ns != 0 {
		name(ns)
	}
	for _, d := range t.opts.Filter.Devices {
		name(d.Netns)
	}
	for i := range s.TCP {
		if sender := s.TCP[i].Sender; sender != nil {
			sender.NetnsName = name(sender.Netns)
		}
		if receiver := s.TCP[i].Receiver; receiver != nil {
			receiver.NetnsName = name(receiver.Netns)
		}
	}
	for inode := range netns {
		ns, ok := t.names.netns[inode]
		if !ok {
			continue
		}
		if counters, ok := t.netstats.growth(ns); ok {
			s.Netns = append(s.Netns, counters)
		}
	}
	slices.SortFunc(s.Netns, func(a, b NetnsTCP) int { return cmp.Compare(a.Netns, b.Netns) })
}
