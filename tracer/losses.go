// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/vethtrace/vethtrace/gen"
)

// ErrClosed is returned by a Tracer that has been closed.
var ErrClosed = errors.New("trace is closed")

// abandonedAfter is the age at which a hop that has not ended is given up. A
// packet does not wait so long for a softirq. Tests set it.
var abandonedAfter = 5 * time.Second

const (
	// flowIdleAfter is how long a flow without hops is kept, and
	// flowCrowdedAfter how long when the table is filling up.
	flowIdleAfter    = 60 * time.Second
	flowCrowdedAfter = 5 * time.Second
)

// maintainEvery is the time between two rounds of maintenance.
const maintainEvery = time.Second

// maintain does what the kernel side cannot: it makes room for new flows,
// attaches hooks that have become needed, and gives up lost hops. It runs
// until stop is closed.
func (t *Tracer) maintain(stop <-chan struct{}) {
	tick := time.NewTicker(maintainEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			t.round()
		}
	}
}

func (t *Tracer) round() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closers == nil {
		return // whatever is attached now would not be detached any more
	}
	t.expireFlows()
	t.expireOrders()
	t.attachNeeded()
	t.sweepSlots()
}

// attribute books what was given up to the receiver, and sums up what was lost.
func (t *Tracer) attribute(sum *tally, s *Snapshot) {
	for dev, n := range t.abandoned {
		sum.addMissed(sum.txOf[dev], n)
	}
	s.Losses.MissedSlots, s.Losses.DroppedHops = sum.missedNowhere, sum.droppedNowhere
	for _, d := range sum.devices {
		s.Losses.MissedSlots += d.Missed
		s.Losses.DroppedHops += d.Drops.Total()
	}
}

// addLosses fills in Losses and Cost.
func (t *Tracer) addLosses(s *Snapshot) {
	for i := range t.cpus.items {
		c := &t.cpus.items[i]
		s.Losses.Ringbuf += c.RingbufLost
		s.Losses.RareRingbuf += c.RareLost
		s.Losses.OrderUnknown += c.OrderUnknown
		s.Losses.DeviceTableFull += c.DeviceTableFull
		s.Losses.FlowTableFull += c.FlowTableFull
		s.Losses.ClockBackwards += c.ClockBackwards
		s.Emitted += c.Emitted
	}
	s.Losses.RareRingbuf += t.rare.unread()
	s.Losses.FlowsExpired = t.expired
	runs, runTime, recursion := programTotals(t.coll)
	s.Losses.Recursion = recursion + kprobesMissed(t.kprobes)
	s.Cost = Cost{UserCPU: userCPU() - t.startCPU, RSSBytes: rssBytes()}
	if t.ownStats || bpfStatsOn() {
		s.Cost.BPFStats, s.Cost.BPFRuns, s.Cost.BPFTime = true, runs, runTime
	}
}

// unfinished is a slot as a sweep found it.
type unfinished struct {
	skb, xmitNS uint64
}

// sweepSlots gives up the hops that began long ago and have not ended: the
// packet went a way that no hook sees. They count as missed. It takes two
// sweeps, since a slot that is just being taken still has an old time in it.
func (t *Tracer) sweepSlots() {
	now := monotonicNS()
	old := make(map[*uint64]unfinished)
	for i := range t.slots.items {
		for w := range t.slots.items[i].Way {
			s := &t.slots.items[i].Way[w]
			found := unfinished{atomic.LoadUint64(&s.Skb), atomic.LoadUint64(&s.Start.XmitNs)}
			if found.skb == 0 || found.xmitNS+uint64(abandonedAfter) > now {
				continue
			}
			if t.unfinished[&s.Skb] != found {
				old[&s.Skb] = found
			} else if start := s.Start; atomic.CompareAndSwapUint64(&s.Skb, found.skb, 0) {
				t.abandon(start.TxDev, Kind(start.Kind), start.EnqueueNs != 0)
			}
		}
	}
	for i := range t.cpus.items {
		c := &t.cpus.items[i]
		dev, began := c.Copied.TxDev, c.Copied.XmitNs
		if began+uint64(abandonedAfter) < now && atomic.CompareAndSwapUint64(&c.CopiedValid, 1, 0) {
			t.abandoned[dev]++
		}
	}
	t.unfinished = old
}

// abandon books a hop whose end was not seen. What macvlan and ipvlan pass on to
// the device below is none.
func (t *Tracer) abandon(txDev uint64, kind Kind, enqueued bool) {
	if (kind == KindMacvlan || kind == KindIpvlan) && !enqueued {
		return
	}
	t.abandoned[txDev]++
}

// expireFlows makes room in the flow table.
func (t *Tracer) expireFlows() {
	used := 0
	for i := range t.flows.items {
		if atomic.LoadUint64(&t.flows.items[i].State) != cellFree {
			used++
		}
	}
	idle := flowIdleAfter
	if used > len(t.flows.items)/2 {
		idle = flowCrowdedAfter
	}
	if now := monotonicNS(); now > uint64(idle) {
		t.expired += expireCells(t.flows, now-uint64(idle), t.remember)
	}
}

// remember keeps the sums of a flow cell that is about to be freed.
func (t *Tracer) remember(c *gen.VethtraceCell) {
	k := deviceKey(c.Key[:2])
	p, ok := t.past[k]
	if !ok {
		p = &gen.VethtraceCell{Key: [7]uint64{k[0], k[1]}}
		t.past[k] = p
	}
	p.PeerDevice, p.TxDev, p.Ifname, p.Kind = c.PeerDevice, c.TxDev, c.Ifname, c.Kind
	p.Bytes += c.Bytes
	p.GsoSegs += c.GsoSegs
	p.Reordered += c.Reordered
	for path := range c.Hops {
		for runner := range c.Hops[path] {
			for cross, n := range c.Hops[path][runner] {
				p.Hops[path][runner][cross] += n
			}
		}
	}
	for i := range c.Drops {
		p.Drops[i] += c.Drops[i]
	}
	for i := range c.Steering {
		p.Steering[i] += c.Steering[i]
	}
	for s := range c.Buckets {
		p.MaxNs[s] = max(p.MaxNs[s], c.MaxNs[s])
		for i, n := range c.Buckets[s] {
			p.Buckets[s][i] += n
		}
	}
}

// watchTCP attaches what is needed once a packet was overtaken or sent again,
// without waiting for the next round.
func (t *Tracer) watchTCP() {
	if t.watching.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started && t.closers != nil {
		t.attachNeeded()
	}
}

// attachNeeded attaches the hooks that have become needed: those for packets
// through a native XDP program, and for threads that deliver.
func (t *Tracer) attachNeeded() {
	for _, c := range t.hooks {
		if c.when == always || c.means == "" || t.attached[c.name] || !t.needed(c.when) {
			continue
		}
		t.attached[c.name] = true // or will not be tried again
		if c.when == withReorder {
			t.watching.Store(true)
		}
		l, err := attach(t.coll, c)
		if err != nil {
			t.run.Warnings = append(t.run.Warnings, err.Error()+": not known are "+c.gives)
			continue
		}
		t.attach(c, l)
		if c.name == "segment" {
			t.rare.watch(monotonicNS())
		}
	}
}

// needed says whether the kernel side has met what a hook is for.
func (t *Tracer) needed(when need) bool {
	for i := range t.cpus.items {
		c := &t.cpus.items[i]
		seen := &c.XdpSeen
		switch when {
		case withThreads:
			seen = &c.ThreadSeen
		case withReorder:
			seen = &c.ReorderSeen
		}
		if atomic.LoadUint64(seen) != 0 {
			return true
		}
	}
	return false
}

// cString returns the text before the first NUL.
func cString(b []int8) string {
	s := make([]byte, 0, len(b))
	for _, c := range b {
		if c == 0 {
			break
		}
		s = append(s, byte(c))
	}
	return string(s)
}
