// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// detail is the pane with everything about one row.
type detail struct {
	open  bool
	stage tracer.Stage
	// row is the row as last seen. goneSince is the time of the first
	// snapshot without it.
	row       row
	goneSince time.Time
	// span is the time that row and bars are for.
	span span
	// bars are a histogram, chain the steps that led to retransmits.
	bars     []bar
	chain    []chainLine
	scrolled int
}

// detailPage is how far page up and down scroll.
const detailPage = 8

// length is the number of lines to scroll through.
func (d *detail) length() int { return max(len(d.bars), len(d.chain)) }

func (d detail) scroll(lines int) detail {
	d.scrolled = max(0, min(d.scrolled+lines, d.length()-1))
	return d
}

func newDetail() detail { return detail{stage: tracer.StageTotal} }

// show opens the pane for a row.
func (d detail) show(r *row, f *frame, w window) detail {
	d.open, d.row, d.goneSince, d.scrolled = true, *r, time.Time{}, 0
	return d.follow(f, w)
}

// follow takes the row's numbers from a frame. Those of a row that is gone
// stay as they were.
func (d detail) follow(f *frame, w window) detail {
	if !d.open || f == nil {
		return d
	}
	if r, ok := f.one(d.row.id, w); ok {
		d.row, d.span, d.goneSince = r, f.span(w), time.Time{}
	} else if d.goneSince.IsZero() {
		d.goneSince = f.cur.Taken
	}
	d.bars, d.chain = nil, nil
	switch {
	case d.row.tcp != nil:
		d.chain = chainLines(d.row.tcp.flow, f.cur)
	case d.row.id.view.hasStages():
		h := d.row.histogram(d.stage)
		d.bars = barsOf(&h)
	case d.row.order != nil:
		h := d.row.order.histogram()
		d.bars = barsOf(&h)
	}
	return d.scroll(0)
}

// one works out a single row, with all its stages.
func (f *frame) one(id rowID, w window) (row, bool) {
	switch id.view {
	case viewReorder:
		for i := range f.cur.Flows {
			if fl := &f.cur.Flows[i]; fl.Key == id.flow && fl.Device.DeviceID == id.device {
				return f.reorderRow(fl, w), true
			}
		}
		return row{}, false
	case viewRetransmits:
		for i := range f.cur.TCP {
			fl := &f.cur.TCP[i]
			if fl.Key == id.flow && (tcpID(fl) == id || id.device.Netns == 0) {
				return f.tcpRow(fl, w), true
			}
		}
		return row{}, false
	}
	only := *f.cur
	only.Devices, only.CPUs, only.Flows = nil, nil, nil
	switch id.view {
	case viewDevices:
		for i := range f.cur.Devices {
			if f.cur.Devices[i].Name.DeviceID == id.device {
				only.Devices = f.cur.Devices[i : i+1]
			}
		}
	case viewCPUs:
		for i := range f.cur.CPUs {
			if f.cur.CPUs[i].CPU == id.cpu {
				only.CPUs = f.cur.CPUs[i : i+1]
			}
		}
	case viewFlows:
		for i := range f.cur.Flows {
			if flowID(&f.cur.Flows[i]) == id {
				only.Flows = f.cur.Flows[i : i+1]
			}
		}
	}
	narrow := *f
	narrow.cur = &only
	rows := narrow.rows(id.view, w)
	if len(rows) == 0 {
		return row{}, false
	}
	r := rows[0]
	for _, s := range allStages() {
		r.stages[s] = r.latency(s)
	}
	return r, true
}
