// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// finding is one thing that stands out in an interval, by a plain rule.
type finding struct {
	// label is one word in capitals for what kind of trouble it is.
	label string
	// where and what make one sentence; more says where else, if there is
	// room.
	where, what, more string
	// brief is what in fewer words, for a narrow terminal; empty if there
	// are none.
	brief string
	// advice is a key, a file or a command to go on with ("next: "), or
	// what follows from it.
	advice string
	// key tells whether it is the same trouble as an interval before.
	key   string
	since time.Time
}

// evidence is what the rules look at: the last interval, whatever window is
// on the screen.
type evidence struct {
	devices, cpus []row
	// flows are those that lost packets, tcp those that sent segments again.
	flows    []row
	tcp      []row
	names    map[tracer.DeviceID]tracer.DeviceName
	losses   tracer.Losses
	run      tracer.Run
	interval time.Duration
}

// findingsOf asks all rules, the worst trouble first: packets lost for want of
// room, sent again or out of order, lost otherwise, packets late, numbers not to
// be trusted, and what merely is good to know.
func findingsOf(f *frame) []finding {
	e := evidence{
		devices:  f.deviceRows(lastInterval),
		cpus:     f.cpuRows(lastInterval),
		flows:    f.droppingFlows(),
		tcp:      f.sendingAgain(),
		names:    make(map[tracer.DeviceID]tracer.DeviceName, len(f.cur.Devices)),
		losses:   f.losses(),
		run:      f.cur.Run,
		interval: f.interval,
	}
	for i := range f.cur.Devices {
		e.names[f.cur.Devices[i].Name.DeviceID] = f.cur.Devices[i].Name
	}
	var all []finding
	for _, rule := range []func(*evidence) []finding{
		backlogFull, flowLimited, sentAgainOrOvertaken, notPassed, droppedOnDevice,
		slowDevices, budgetSpent,
		clockBackwards, hopsMissed, eventsLost,
		fewSentAgain, fewOvertaken, crossCPU,
	} {
		all = append(all, rule(&e)...)
	}
	return all
}

// worst returns the row with the largest value and how many others have one;
// nil if all are 0.
func worst(rows []row, of func(*row) uint64) (most *row, others int) {
	for i := range rows {
		n := of(&rows[i])
		if n == 0 {
			continue
		}
		if most != nil {
			others++
		}
		if most == nil || n > of(most) {
			most = &rows[i]
		}
	}
	return most, others
}
