// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// sentAgain is what is shown of a tracer.TCPFlow over a window.
type sentAgain struct {
	flow       *tracer.TCPFlow
	segsPerSec float64

	segs, events, failed uint64
	classes              [tracer.NumRetransmitClasses]uint64
	verdicts             [tracer.NumVerdicts]uint64
	proofs               [tracer.NumSpuriousProofs]uint64
	// decided is the sum of verdicts: what was sent again in the window may
	// get its verdict after it.
	decided uint64
	// pending is as of the snapshot.
	pending           uint64
	outOfOrder, twice uint64
}

// sender is what is known of the sending socket, all 0 if nothing is.
func (a *sentAgain) sender() tracer.TCPSender {
	if a.flow.Sender == nil {
		return tracer.TCPSender{}
	}
	return *a.flow.Sender
}

// verdict is the most frequent one of those that are decided, and how many they
// are of: in the window, or since the start if there is none in it.
func (a *sentAgain) verdict() (most tracer.Verdict, events, of uint64) {
	verdicts := a.verdicts
	if a.decided == 0 {
		verdicts = a.sender().Verdicts
	}
	for v, n := range verdicts {
		of += n
		if n > events {
			most, events = tracer.Verdict(v), n
		}
	}
	return most, events, of
}

// spurious is how many were proven not to have been needed.
func (a *sentAgain) spurious() uint64 {
	return a.proofs[tracer.ProofDSACK] + a.proofs[tracer.ProofUndo] + a.proofs[tracer.ProofDuplicate]
}

// newest returns the newest retransmit with a verdict, or nil.
func (a *sentAgain) newest(v tracer.Verdict) *tracer.Retransmit {
	for i := len(a.flow.Recent) - 1; i >= 0; i-- {
		if r := &a.flow.Recent[i]; r.Verdict == v {
			return r
		}
	}
	return nil
}

func tcpID(fl *tracer.TCPFlow) rowID {
	id := rowID{view: viewRetransmits, flow: fl.Key}
	if fl.Sender != nil {
		id.device.Netns = fl.Sender.Netns
	}
	return id
}

// earlierTCP is what the flow was in the earlier snapshot, when its sender may
// not have been known.
func (f *frame) earlierTCP(fl *tracer.TCPFlow) *tracer.TCPFlow {
	id := tcpID(fl)
	if e := f.base.tcp[id]; e != nil {
		return e
	}
	id.device.Netns = 0
	return f.base.tcp[id]
}

func (f *frame) tcpRows(w window) []row {
	rows := make([]row, len(f.cur.TCP))
	for i := range f.cur.TCP {
		rows[i] = f.tcpRow(&f.cur.TCP[i], w)
	}
	return rows
}

// sendingAgain are those that sent something again in the interval.
func (f *frame) sendingAgain() []row {
	var rows []row
	for i := range f.cur.TCP {
		fl := &f.cur.TCP[i]
		e := f.earlierTCP(fl)
		if fl.Sender == nil || e != nil && e.Sender != nil && e.Sender.Segs == fl.Sender.Segs {
			continue
		}
		if r := f.tcpRow(fl, lastInterval); r.tcp.segs > 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

func (f *frame) tcpRow(fl *tracer.TCPFlow, w window) row {
	id := tcpID(fl)
	var before tracer.Retransmits
	var received tracer.TCPReceiver
	if e := f.earlierTCP(fl); e != nil {
		if e.Sender != nil {
			before = e.Sender.Retransmits
		}
		if e.Receiver != nil && w == lastInterval {
			received = *e.Receiver
		}
	}
	a := &sentAgain{flow: fl}
	if fl.Sender != nil {
		cur := &fl.Sender.Retransmits
		if before.Events > cur.Events {
			before = tracer.Retransmits{} // forgotten and counted anew
		}
		a.segsPerSec = perSecond(grown(cur.Segs, before.Segs), f.interval)
		if w == sinceStart {
			before = tracer.Retransmits{}
		}
		a.count(cur, &before)
	}
	if fl.Receiver != nil {
		a.outOfOrder = grown(fl.Receiver.OutOfOrder, received.OutOfOrder)
		a.twice = grown(fl.Receiver.Duplicates, received.Duplicates)
	}
	r := row{id: id, name: flowText(fl.Key), device: senderText(fl.Sender), lastNS: fl.LastNS, tcp: a}
	r.search = strings.ToLower("tcp " + r.name + " " + r.device + " " + receiverText(fl.Receiver))
	return r
}

// count sets the growth of cur since before.
func (a *sentAgain) count(cur, before *tracer.Retransmits) {
	a.segs = grown(cur.Segs, before.Segs)
	a.events = grown(cur.Events, before.Events)
	a.failed = grown(cur.Failed, before.Failed)
	a.pending = cur.Pending
	for i := range a.classes {
		a.classes[i] = grown(cur.Classes[i], before.Classes[i])
	}
	for i := range a.verdicts {
		a.verdicts[i] = grown(cur.Verdicts[i], before.Verdicts[i])
		a.decided += a.verdicts[i]
	}
	for i := range a.proofs {
		a.proofs[i] = grown(cur.Spurious[i], before.Spurious[i])
	}
}

// senderText is the device that a sender sends by, or at least its namespace.
func senderText(s *tracer.TCPSender) string {
	switch {
	case s == nil:
		return unknown
	case s.Dev.DeviceID == tracer.DeviceID{}:
		return netnsText(s.Netns, s.NetnsName)
	}
	return deviceText(s.Dev)
}

func receiverText(r *tracer.TCPReceiver) string {
	if r == nil {
		return unknown
	}
	return netnsText(r.Netns, r.NetnsName)
}
