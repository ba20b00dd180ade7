// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"
	"unsafe"

	"github.com/vethtrace/vethtrace/gen"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// add adds what a cell counted.
func (c *Counters) add(cell *gen.VethtraceCell) {
	for path := range cell.Hops {
		for runner := range cell.Hops[path] {
			for cross, n := range cell.Hops[path][runner] {
				c.Hops += n
				c.Paths[path] += n
				c.Runners[runner] += n
				c.CrossCPU += n * uint64(cross)
			}
		}
	}
	for i, n := range cell.Steering {
		c.Steering[i] += n
	}
	c.Reordered += cell.Reordered
	c.Bytes += cell.Bytes
	c.GSOSegs += cell.GsoSegs
	for s := range c.Stages {
		h := &c.Stages[s]
		for i, n := range cell.Buckets[s] {
			h.Counts[i] += n
		}
		h.MaxNS = max(h.MaxNS, cell.MaxNs[s])
	}
}

// tally collects the cells of one snapshot.
type tally struct {
	devices map[DeviceID]*Device
	flows   map[flowID]*Flow
	cpus    map[int]*CPU
	pairs   map[[2]int]*CPUPair
	// rxOf is the receiving device by the transmitting one.
	rxOf map[DeviceID]DeviceID
	// txOf is the transmitting device by its address in the kernel.
	txOf map[uint64]DeviceID
	// missedNowhere and droppedNowhere are to a device that is not known.
	missedNowhere, droppedNowhere uint64
}

// deviceKey is the words of a cell's key that say receiving device and CPUs,
// flowID those that say device and flow.
type (
	deviceKey [2]uint64
	flowID    [6]uint64
)

func newTally() *tally {
	return &tally{
		devices: make(map[DeviceID]*Device),
		flows:   make(map[flowID]*Flow),
		cpus:    make(map[int]*CPU),
		pairs:   make(map[[2]int]*CPUPair),
		rxOf:    make(map[DeviceID]DeviceID),
		txOf:    make(map[uint64]DeviceID),
	}
}

// at returns the entry of m for k, made if there is none.
func at[K comparable, V any](m map[K]*V, k K) *V {
	v, ok := m[k]
	if !ok {
		v = new(V)
		m[k] = v
	}
	return v
}

// cell adds one cell to everything it belongs to.
func (t *tally) cell(c *gen.VethtraceCell) {
	id := deviceOf(c.Key[0])
	enqueue, run := int(c.Key[1]>>32)-1, int(uint32(c.Key[1]))-1
	peer := deviceOf(c.PeerDevice)
	if enqueue < 0 {
		t.unfinished(c, peer, id)
		return
	}
	if id == (DeviceID{}) { // its peer was gone
		t.droppedNowhere += sumDrops(c.Drops)
		return
	}
	d := t.pair(c, peer, id)
	if c.Key[1]&keyDrop != 0 {
		t.dropped(c, d)
		return
	}
	d.add(c)

	p := at(t.pairs, [2]int{enqueue, run})
	p.EnqueueCPU, p.RunCPU = enqueue, run
	before := p.Hops
	p.add(c)
	at(t.cpus, enqueue).Enqueued += p.Hops - before
	at(t.cpus, run).add(c)

	if c.Key[2] == 0 {
		return // of no flow
	}
	t.flow(c).add(c)
}

func sumDrops(drops [NumDropCauses]uint64) uint64 {
	d := Drops(drops)
	return d.Total()
}

// keyDrop is KEY_DROP in bpf/abi.h, keyTx is KEY_TX.
const (
	keyDrop = 1 << 31
	keyTx   = 1 << 30
)

// unfinished adds hops that did not come to an end. Their receiver is known
// beforehand only of a veth; else word 0 of the key is the transmitter.
func (t *tally) unfinished(c *gen.VethtraceCell, tx, rx DeviceID) {
	if c.Key[1]&keyTx != 0 {
		t.txOf[c.TxDev] = rx
		t.addMissed(rx, c.Missed)
		return
	}
	if rx == (DeviceID{}) { // its peer was gone
		t.missedNowhere += c.Missed
		t.droppedNowhere += sumDrops(c.Drops)
		return
	}
	d := t.pair(c, tx, rx)
	d.Missed += c.Missed
	drops := Drops(c.Drops)
	d.Drops.add(&drops)
}

// addMissed books hops from tx whose receiver is not known to where its others
// went.
func (t *tally) addMissed(tx DeviceID, n uint64) {
	if d, ok := t.devices[t.rxOf[tx]]; ok {
		d.Missed += n
		return
	}
	t.missedNowhere += n
}

// dropped adds the packets that did not come to d.
func (t *tally) dropped(c *gen.VethtraceCell, d *Device) {
	drops := Drops(c.Drops)
	d.Drops.add(&drops)
	if target := int(uint32(c.Key[1])&^keyDrop) - 1; target >= 0 {
		at(t.cpus, target).Drops.add(&drops)
	}
	if c.Key[2] != 0 {
		t.flow(c).Drops.add(&drops)
	}
}

// flow returns the flow of a cell that has one.
func (t *tally) flow(c *gen.VethtraceCell) *Flow {
	f := at(t.flows, flowID(append([]uint64{c.Key[0]}, c.Key[2:]...)))
	f.Key = flowKey(c.Key)
	f.Device.DeviceID = deviceOf(c.Key[0])
	f.LastNS = max(f.LastNS, c.LastNs)
	return f
}

// pair notes that what tx transmits rx receives, and returns rx.
func (t *tally) pair(c *gen.VethtraceCell, tx, rx DeviceID) *Device {
	t.txOf[c.TxDev], t.rxOf[tx] = tx, rx
	d := at(t.devices, rx)
	d.Name.DeviceID, d.Peer.DeviceID, d.Kind = rx, tx, Kind(c.Kind)
	return d
}

// flowKey reads the flow's words of a key, as flow_key in bpf/packet.h wrote
// them.
func flowKey(key [7]uint64) FlowKey {
	v4 := uint8(key[2]>>40) == 4
	return FlowKey{
		Proto: uint8(key[2] >> 32),
		ID:    uint16(key[2] >> 48),
		Src:   netip.AddrPortFrom(wordsAddr([2]uint64(key[3:5]), v4), uint16(key[2])),
		Dst:   netip.AddrPortFrom(wordsAddr([2]uint64(key[5:7]), v4), uint16(key[2]>>16)),
	}
}

// wordsAddr reads an address that is in memory in network byte order.
func wordsAddr(words [2]uint64, v4 bool) netip.Addr {
	b := *(*[16]byte)(unsafe.Pointer(&words))
	if v4 {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16(b)
}

// Snapshot reads everything counted so far. The kernel goes on counting
// meanwhile, so that sums may differ by the hops of a few microseconds.
func (t *Tracer) Snapshot() (*Snapshot, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closers == nil {
		return nil, ErrClosed
	}
	sum := newTally()
	add := func(c *gen.VethtraceCell) {
		sum.cell(c)
		if c.Ifname[0] != 0 {
			t.names.saw(deviceOf(c.Key[0]), cString(c.Ifname[:]))
		}
	}
	reordered := make(map[uint32]bool)
	liveCells(t.flows, func(c *gen.VethtraceCell) {
		add(c)
		if c.Reordered > 0 && c.Order != 0 && c.Order != orderNone {
			reordered[c.Order-1] = true
		}
	})
	liveCells(t.devices, add)
	for _, c := range t.past {
		add(c)
	}
	for i := range reordered {
		sum.order(&t.orders.items[i])
	}
	for d, o := range t.pastOrders {
		at(sum.devices, d).Order = at(sum.devices, d).Order.plus(o)
	}

	s := &Snapshot{
		Taken:   time.Now(),
		Elapsed: time.Duration(monotonicNS() - t.startNS),
		Run:     t.run,
	}
	t.addTCP(s)
	t.addQueues(sum)
	t.name(sum)
	t.attribute(sum, s)
	t.addSoftnet(sum)
	s.Devices = values(sum.devices)
	slices.SortFunc(s.Devices, func(a, b Device) int {
		return cmp.Or(cmp.Compare(b.Hops, a.Hops), cmp.Compare(a.Name.key(), b.Name.key()))
	})
	s.Flows = values(sum.flows)
	slices.SortFunc(s.Flows, func(a, b Flow) int {
		return cmp.Or(cmp.Compare(b.Hops, a.Hops), cmp.Compare(a.Device.key(), b.Device.key()),
			a.Key.Src.Compare(b.Key.Src), a.Key.Dst.Compare(b.Key.Dst), cmp.Compare(a.Key.Proto, b.Key.Proto),
			cmp.Compare(a.Key.ID, b.Key.ID))
	})
	s.CPUs = values(sum.cpus)
	slices.SortFunc(s.CPUs, func(a, b CPU) int { return cmp.Compare(a.CPU, b.CPU) })
	s.CPUPairs = values(sum.pairs)
	slices.SortFunc(s.CPUPairs, func(a, b CPUPair) int {
		return cmp.Or(cmp.Compare(a.EnqueueCPU, b.EnqueueCPU), cmp.Compare(a.RunCPU, b.RunCPU))
	})
	t.addLosses(s)
	return s, nil
}

func values[K comparable, V any](m map[K]*V) []V {
	all := make([]V, 0, len(m))
	for v := range maps.Values(m) {
		all = append(all, *v)
	}
	return all
}

// name puts names on devices and flows.
func (t *Tracer) name(sum *tally) {
	var unknown []DeviceID
	want := func(d DeviceID) {
		if !t.names.known(d) {
			unknown = append(unknown, d)
		}
	}
	for id, d := range sum.devices {
		want(id)
		want(d.Peer.DeviceID)
	}
	t.names.find(unknown)
	for id, d := range sum.devices {
		d.Name, d.Peer = t.names.of(id), t.names.of(d.Peer.DeviceID)
	}
	for _, f := range sum.flows {
		f.Device = t.names.of(f.Device.DeviceID)
	}
}

// addQueues adds the lengths of the CPUs' input queues.
func (t *Tracer) addQueues(sum *tally) {
	for i := range t.cpus.items {
		c := &t.cpus.items[i]
		var h histogram.Histogram
		copy(h.Counts[:], c.QueueLen[:])
		if h.MaxNS = c.QueueLenMax; h.Count() > 0 {
			at(sum.cpus, i).QueueLen = h
		}
	}
}

// addSoftnet adds the kernel's own counters, and the CPUs that have had no hop.
func (t *Tracer) addSoftnet(sum *tally) {
	now, err := readSoftnet()
	if err != nil {
		return // said at the start
	}
	for cpu, v := range now {
		at(sum.cpus, cpu).Softnet = v.since(t.startSoftnet[cpu])
	}
	for n, c := range sum.cpus {
		c.CPU = n
	}
}
