// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// runnerFacts are those that ran something.
func runnerFacts(r *row) [][2]string {
	var texts []string
	for k := range tracer.NumRunners {
		if n := r.runners[k]; n > 0 {
			texts = append(texts, k.String()+" "+shareText(n, r.hops))
		}
	}
	return inPairs("run by", texts)
}

// steeringFacts are why hops were queued on their CPU, if that is known.
func steeringFacts(r *row) [][2]string {
	var texts []string
	for k := range tracer.NumSteerings {
		if n := r.steering[k]; n > 0 {
			texts = append(texts, k.String()+" "+shareText(n, r.hops))
		}
	}
	if len(texts) == 1 && r.steering[tracer.SteeringUnknown] > 0 {
		return nil
	}
	return inPairs("steered", texts)
}

// dropFacts are the causes of drops, the most frequent first, if there were any.
func dropFacts(r *row) [][2]string {
	var causes []tracer.DropCause
	for cause := range tracer.NumDropCauses {
		if r.drops[cause] > 0 {
			causes = append(causes, cause)
		}
	}
	slices.SortStableFunc(causes, func(a, b tracer.DropCause) int { return cmp.Compare(r.drops[b], r.drops[a]) })
	var texts []string
	for _, cause := range causes {
		texts = append(texts, causeText(cause)+" "+countText(r.drops[cause]))
	}
	if texts == nil && r.id.view == viewDevices {
		texts = []string{"0"}
	}
	return inPairs("dropped", texts)
}

// reorderFacts are how many hops were overtaken, once there was one.
func reorderFacts(r *row) [][2]string {
	if r.counters.Reordered == 0 {
		return nil
	}
	return [][2]string{{"reord", countText(r.reordered) + " hops  " + fineShareText(r.reordered, r.hops)}}
}

func queueFacts(r *row) [][2]string {
	q := &r.queue
	if q.count == 0 {
		return nil
	}
	return [][2]string{{"qlen", "p50 " + countText(q.p50) + "  p99 " + countText(q.p99) + "  max " + countText(q.max)}}
}

func softnetFacts(s *tracer.Softnet) [][2]string {
	now := countText(s.BacklogLen) + " in backlog"
	if s.HasLens {
		now = countText(s.InputLen) + " + " + countText(s.ProcessLen) + " queued"
	}
	return [][2]string{
		{"softnet", countText(s.Processed) + " processed  " + countText(s.FlowLimit) + " limited"},
		{"", countText(s.Dropped) + " dropped  " + countText(s.TimeSqueeze) + " squeeze"},
		{"", countText(s.ReceivedRPS) + " rps  " + now},
	}
}

// inPairs are texts under one name, two a line where they fit.
func inPairs(name string, texts []string) [][2]string {
	var facts [][2]string
	for _, text := range texts {
		if n := len(facts); n > 0 && textWidth(facts[n-1][1]) < 15 && textWidth(text) <= 13 {
			facts[n-1][1] = padRight(facts[n-1][1], 15) + text
			continue
		}
		facts = append(facts, [2]string{"", text})
	}
	if len(facts) > 0 {
		facts[0][0] = name
	}
	return facts
}
