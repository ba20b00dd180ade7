// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// viewID is one of the tables.
type viewID int

const (
	viewDevices viewID = iota
	viewCPUs
	viewFlows
	viewReorder
	viewRetransmits
	numViews
)

// hasStages is whether the details of the view's rows have the stages of hops.
func (v viewID) hasStages() bool { return v < viewReorder }

// rowID is what a row is, across snapshots and sort orders.
type rowID struct {
	view viewID
	// device is, of a retransmit, only the namespace that its sender is in.
	device tracer.DeviceID
	flow   tracer.FlowKey
	cpu    int
}

// row is one line of a table, with everything worked out once a snapshot.
type row struct {
	id rowID
	// name is what the row is called; search, in lower case, what the
	// filter looks into.
	name, search string
	// peer is the transmitting device of a device, device the one a flow
	// is received on, or by which its sender sends.
	peer, device string
	kind         tracer.Kind
	measures
	// missed and drops follow the window, the others are since the start.
	missed, everMissed uint64
	drops, everDrops   tracer.Drops
	enqueuedPerSec     float64
	queue              lengths
	softnet            tracer.Softnet
	softnetEverDropped uint64
	processedPerSec    float64
	// lastNS is the time of a flow's newest hop, CLOCK_MONOTONIC.
	lastNS uint64
	// order is nil where no packet was overtaken in the window, tcp except
	// in the view of retransmits.
	order *overtaking
	tcp   *sentAgain
}

func flowID(f *tracer.Flow) rowID {
	return rowID{view: viewFlows, device: f.Device.DeviceID, flow: f.Key}
}

// rows works out all rows of a view.
func (f *frame) rows(v viewID, w window) []row {
	switch v {
	case viewDevices:
		return f.deviceRows(w)
	case viewCPUs:
		return f.cpuRows(w)
	case viewReorder:
		return f.reorderRows(w)
	case viewRetransmits:
		return f.tcpRows(w)
	}
	return f.flowRows(w)
}

func (f *frame) deviceRows(w window) []row {
	rows := make([]row, len(f.cur.Devices))
	for i := range f.cur.Devices {
		d := &f.cur.Devices[i]
		var counters *tracer.Counters
		var before tracer.Device
		var order *tracer.Order
		if e := f.base.devices[d.Name.DeviceID]; e != nil {
			counters, order = &e.Counters, e.Order
			if w == lastInterval {
				before.Missed, before.Drops = e.Missed, e.Drops
			}
		}
		rows[i] = row{
			id:         rowID{view: viewDevices, device: d.Name.DeviceID},
			name:       deviceText(d.Name),
			peer:       deviceText(d.Peer),
			measures:   f.measure(&d.Counters, counters, w, allStages()...),
			kind:       d.Kind,
			missed:     grown(d.Missed, before.Missed),
			drops:      dropsGrown(d.Drops, before.Drops),
			everMissed: d.Missed, everDrops: d.Drops,
		}
		if rows[i].reordered > 0 {
			rows[i].order = overtakingOf(d.Order, order, w)
		}
		rows[i].search = strings.ToLower(rows[i].name + " " + rows[i].peer)
	}
	return rows
}

func (f *frame) cpuRows(w window) []row {
	rows := make([]row, len(f.cur.CPUs))
	for i := range f.cur.CPUs {
		c := &f.cur.CPUs[i]
		var counters *tracer.Counters
		var before tracer.CPU
		if e := f.base.cpus[c.CPU]; e != nil {
			counters, before.Enqueued, before.Softnet = &e.Counters, e.Enqueued, e.Softnet
			if w == lastInterval {
				before.Drops, before.QueueLen = e.Drops, e.QueueLen
			}
		}
		name := "CPU " + strconv.Itoa(c.CPU)
		rows[i] = row{
			id:                 rowID{view: viewCPUs, cpu: c.CPU},
			name:               name,
			search:             strings.ToLower(name),
			measures:           f.measure(&c.Counters, counters, w, allStages()...),
			enqueuedPerSec:     perSecond(grown(c.Enqueued, before.Enqueued), f.interval),
			processedPerSec:    perSecond(grown(c.Softnet.Processed, before.Softnet.Processed), f.interval),
			softnet:            c.Softnet,
			drops:              dropsGrown(c.Drops, before.Drops),
			everDrops:          c.Drops,
			queue:              lengthsOf(c.QueueLen, &before.QueueLen),
			softnetEverDropped: c.Softnet.Dropped,
		}
		if w == lastInterval {
			rows[i].softnet = softnetGrowth(c.Softnet, before.Softnet)
		}
	}
	return rows
}

// softnetGrowth leaves the lengths, which are no counters.
func softnetGrowth(cur, earlier tracer.Softnet) tracer.Softnet {
	cur.Processed = grown(cur.Processed, earlier.Processed)
	cur.Dropped = grown(cur.Dropped, earlier.Dropped)
	cur.TimeSqueeze = grown(cur.TimeSqueeze, earlier.TimeSqueeze)
	cur.ReceivedRPS = grown(cur.ReceivedRPS, earlier.ReceivedRPS)
	cur.FlowLimit = grown(cur.FlowLimit, earlier.FlowLimit)
	return cur
}

// flowRows works out only the total stage: there may be thousands of flows,
// and the table shows no other.
func (f *frame) flowRows(w window) []row {
	rows := make([]row, len(f.cur.Flows))
	for i := range f.cur.Flows {
		rows[i] = f.flowRow(&f.cur.Flows[i], w, tracer.StageTotal)
	}
	return rows
}

func (f *frame) flowRow(fl *tracer.Flow, w window, stages ...tracer.Stage) row {
	id := flowID(fl)
	var counters *tracer.Counters
	var before tracer.Drops
	if e := f.base.flows[id]; e != nil {
		counters = &e.Counters
		if w == lastInterval {
			before = e.Drops
		}
	}
	r := row{
		id:       id,
		name:     flowText(fl.Key),
		device:   deviceText(fl.Device),
		measures: f.measure(&fl.Counters, counters, w, stages...),
		drops:    dropsGrown(fl.Drops, before), everDrops: fl.Drops,
		lastNS: fl.LastNS,
	}
	r.search = strings.ToLower(protoText(fl.Key.Proto) + " " + r.name + " " + r.device)
	return r
}

// droppingFlows are the flows that lost packets in the interval.
func (f *frame) droppingFlows() []row {
	var rows []row
	for i := range f.cur.Flows {
		fl := &f.cur.Flows[i]
		var before tracer.Drops
		if e := f.base.flows[flowID(fl)]; e != nil {
			before = e.Drops
		}
		if fl.Drops != before {
			rows = append(rows, f.flowRow(fl, lastInterval))
		}
	}
	return rows
}
