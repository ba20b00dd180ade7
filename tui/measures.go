// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"math"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/histogram"
)

// window is the time that latencies, shares and counts are shown for. Rates
// are always those of the last interval.
type window int

const (
	lastInterval window = iota
	sinceStart
)

// span is the time a window stands for in one frame.
type span struct {
	window window
	start  time.Time
	text   string
}

func (f *frame) span(w window) span {
	if w == sinceStart {
		return span{w, f.cur.Taken.Add(-f.cur.Elapsed), "since start, " + ageText(f.cur.Elapsed)}
	}
	return span{w, f.cur.Taken.Add(-f.interval), "last " + ageText(f.interval)}
}

// measures is what is shown of one tracer.Counters.
type measures struct {
	hopsPerSec, bytesPerSec  float64
	hops, bytes, segs, cross uint64
	reordered                uint64
	reorderedPerSec          float64
	paths                    [tracer.NumPaths]uint64
	runners                  [tracer.NumRunners]uint64
	steering                 [tracer.NumSteerings]uint64
	stages                   [tracer.NumStages]latency
	counters, earlier        *tracer.Counters
}

// latency is what is shown of one histogram, in nanoseconds. With count 0
// nothing is known.
type latency struct{ count, p50, p90, p99, max uint64 }

// measure works out the growth of cur since earlier (nil: since the start)
// over the window. Stages are worked out only as far as asked: they cost far
// more than the rest.
func (f *frame) measure(cur, earlier *tracer.Counters, w window, stages ...tracer.Stage) measures {
	if earlier != nil && earlier.Hops > cur.Hops {
		earlier = nil // expired and counted anew
	}
	var zero tracer.Counters
	before := earlier
	if before == nil {
		before = &zero
	}
	m := measures{
		hopsPerSec:  perSecond(grown(cur.Hops, before.Hops), f.interval),
		bytesPerSec: perSecond(grown(cur.Bytes, before.Bytes), f.interval),
		counters:    cur,

		reorderedPerSec: perSecond(grown(cur.Reordered, before.Reordered), f.interval),
	}
	if w == lastInterval {
		m.earlier = earlier
	} else {
		before = &zero
	}
	m.hops = grown(cur.Hops, before.Hops)
	m.bytes = grown(cur.Bytes, before.Bytes)
	m.segs = grown(cur.GSOSegs, before.GSOSegs)
	m.cross = grown(cur.CrossCPU, before.CrossCPU)
	m.reordered = grown(cur.Reordered, before.Reordered)
	for i := range m.paths {
		m.paths[i] = grown(cur.Paths[i], before.Paths[i])
	}
	for i := range m.runners {
		m.runners[i] = grown(cur.Runners[i], before.Runners[i])
	}
	for i := range m.steering {
		m.steering[i] = grown(cur.Steering[i], before.Steering[i])
	}
	if m.hops > 0 {
		for _, s := range stages {
			m.stages[s] = m.latency(s)
		}
	}
	return m
}

// histogram returns a copy of the stage's histogram over the window.
func (m *measures) histogram(s tracer.Stage) histogram.Histogram {
	h := m.counters.Stages[s]
	if m.earlier != nil {
		h.Sub(&m.earlier.Stages[s])
	}
	return h
}

func (m *measures) latency(s tracer.Stage) latency {
	h := m.histogram(s)
	return latency{
		count: h.Count(),
		p50:   h.Quantile(0.50),
		p90:   h.Quantile(0.90),
		p99:   h.Quantile(0.99),
		max:   h.MaxNS,
	}
}

// allStages is for measure.
func allStages() []tracer.Stage {
	return []tracer.Stage{tracer.StageXmit, tracer.StageQueue, tracer.StageSoftirq, tracer.StageTotal}
}

// slowest is the stage with the largest p99, of those that make up the total.
func (m *measures) slowest() (stage tracer.Stage, known bool) {
	for _, s := range []tracer.Stage{tracer.StageXmit, tracer.StageQueue, tracer.StageSoftirq} {
		if m.stages[s].count > 0 && (!known || m.stages[s].p99 > m.stages[stage].p99) {
			stage, known = s, true
		}
	}
	return stage, known
}

// grown is cur - earlier for counters that only grow; one that shrank was
// counted anew.
func grown(cur, earlier uint64) uint64 {
	if cur < earlier {
		return cur
	}
	return cur - earlier
}

// perSecond is NaN when no time has passed.
func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return math.NaN()
	}
	return float64(n) / d.Seconds()
}
