// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// benchReasons says of each variant, in a sentence made of what was counted,
// where its difference to the baseline comes from.
func benchReasons(b *bench, rows []benchRow) (reasons []string) {
	base := measuredRow(rows, b.baseline)
	for i := range rows {
		r := &rows[i]
		text := r.hopWords()
		switch {
		case r.lab == nil:
			text = "not measured, " + r.absent
		case r != base:
			text += ", " + r.extraWords(base)
		}
		reasons = append(reasons, text+".")
	}
	return reasons
}

// hopWords says how many softirqs a packet went through, by kind of device.
func (r *benchRow) hopWords() string {
	var parts []string
	for _, k := range tracer.AllKinds() {
		if n := r.hops.hops[k]; r.hops.perPacket(n) >= fewHops {
			parts = append(parts, fmt.Sprintf("%.2f over %s", r.hops.perPacket(n), k))
		}
	}
	if parts == nil {
		return "no softirq hop"
	}
	return "softirq hops a packet: " + strings.Join(parts, ", ")
}

// extraWords says how many more hops than the baseline that is, and what part
// of the difference these take.
func (r *benchRow) extraWords(base *benchRow) string {
	extra := r.extraHops(base)
	slower := r.took(p50) - base.took(p50)
	switch {
	case extra < 0.5 && extra > -0.5:
		return fmt.Sprintf("as many as %s; a transaction takes %s", base.variant.Name, moreWords(slower, base.took(p50)))
	case extra < 0:
		return fmt.Sprintf("%.2f fewer than %s; a transaction takes %s", -extra, base.variant.Name, moreWords(slower, base.took(p50)))
	}
	text := fmt.Sprintf("%.2f more than %s, each from xmit over the backlog to another NET_RX softirq; a transaction takes %s",
		extra, base.variant.Name, moreWords(slower, base.took(p50)))
	if slower > latencyStep*base.took(p50) {
		text += fmt.Sprintf(", and those hops of its %.1f packets, %s each, are about %s",
			r.packetsEach(), report.FormatNS(r.hops.latency(tracer.StageTotal, 0.5)), report.FormatNS(r.extraNS(base)))
	}
	return text
}

// extraHops is how many more hops a packet makes than with another variant.
func (r *benchRow) extraHops(base *benchRow) float64 {
	return r.hops.perPacket(r.hops.total()) - base.hops.perPacket(base.hops.total())
}

// extraNS is how long the extra hops of all packets of a transaction take, by
// the median hop. The trace that saw them made them longer.
func (r *benchRow) extraNS(base *benchRow) uint64 {
	return uint64(max(r.extraHops(base), 0) * r.packetsEach() * float64(r.hops.latency(tracer.StageTotal, 0.5)))
}

// packetsEach is how many packets a transaction takes: 2, a request and a
// response, and ACKs now and then.
func (r *benchRow) packetsEach() float64 {
	if r.hops.transactions == 0 {
		return 0
	}
	return float64(r.hops.packets) / float64(r.hops.transactions)
}

// latencyStep is how far apart latencies have to be to be told apart.
const latencyStep = 0.04

// moreWords says how much longer something takes than what takes so long.
func moreWords(ns, than float64) string {
	switch {
	case ns < -latencyStep*than:
		return report.FormatNS(uint64(-ns)) + " less (p50)"
	case ns > latencyStep*than:
		return report.FormatNS(uint64(ns)) + " more (p50)"
	}
	return "as long (p50)"
}

// benchWarnings are what a reader of the numbers has to know, once each.
func benchWarnings(rows []benchRow) []string {
	all := []string{}
	add := func(text string) {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	for i := range rows {
		h := &rows[i].hops
		for _, text := range h.run.Warnings {
			add(text)
		}
		for _, hook := range h.run.Hooks {
			if hook.Missed != "" {
				add(fmt.Sprintf("hook %s (%s): %s", hook.Name, hook.Gives, hook.Missed))
			}
		}
		if total := h.total(); 100*h.missed > total {
			add(fmt.Sprintf("%s: %d of %d hops were missed, so that their latency is not known", rows[i].variant.Name, h.missed, total))
		}
	}
	return all
}
