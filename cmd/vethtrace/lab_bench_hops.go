// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// benchHops is what a trace saw of a request/response over one variant.
type benchHops struct {
	// packets is how many client and server sent, by their devices' counters,
	// and transactions what these were for.
	packets, transactions uint64
	// hops and missed are by the kind of device that transmitted.
	hops   [tracer.NumKinds]uint64
	missed uint64
	stages [tracer.NumStages]histogram.Histogram
	// runners has the hops by who ran the softirq.
	runners [tracer.NumRunners]uint64
	run     tracer.Run
}

// trace sends requests while it is traced, which makes each slower: the rounds
// that are compared are not.
func (b *bench) trace(ctx context.Context, row *benchRow) error {
	t, err := tracer.Start(tracer.Options{Kinds: tracer.AllKinds()})
	if err != nil {
		return err
	}
	defer t.Close()
	before, err := lab.SentPackets(row.lab)
	if err != nil {
		return err
	}
	rr, err := b.sendRequests(ctx, row.lab)
	if err != nil {
		return err
	}
	after, err := lab.SentPackets(row.lab)
	if err != nil {
		return err
	}
	s, err := t.Snapshot()
	if err != nil {
		return err
	}
	row.hops = hopsIn(s, row.lab)
	row.hops.packets, row.hops.transactions = after-before, rr.Transactions
	return t.Close()
}

// hopsIn adds up the devices of a lab.
func hopsIn(s *tracer.Snapshot, l *lab.Lab) benchHops {
	h := benchHops{run: s.Run}
	for i := range s.Devices {
		d := &s.Devices[i]
		if !l.Has(uint64(d.Name.Netns), d.Name.Ifname) {
			continue
		}
		h.hops[d.Kind] += d.Hops
		h.missed += d.Missed
		for stage := range h.stages {
			h.stages[stage].Add(&d.Stages[stage])
		}
		for runner, n := range d.Runners {
			h.runners[runner] += n
		}
	}
	return h
}

// total is the hops of all kinds, those missed too: they were made.
func (h *benchHops) total() uint64 {
	n := h.missed
	for _, k := range h.hops {
		n += k
	}
	return n
}

// perPacket is how many of n there were for each packet sent.
func (h *benchHops) perPacket(n uint64) float64 {
	if h.packets == 0 {
		return 0
	}
	return float64(n) / float64(h.packets)
}

// latency is a quantile of a stage of a hop, in ns.
func (h *benchHops) latency(stage tracer.Stage, q float64) uint64 { return h.stages[stage].Quantile(q) }
