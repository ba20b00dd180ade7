// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"slices"
	"strings"

	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// pathStep is a device that a packet came by.
type pathStep struct {
	back bool
	what string
	at   *packets.Sighting
}

// pathSteps are the devices of a journey in order: of each the moment at which it
// transmits, or if it never did, at which the packet was queued there.
func pathSteps(j *packets.Journey) (all []pathStep) {
	for i := range j.Out {
		all = appendStep(all, j.Out, i, false)
	}
	for i := range j.Back {
		all = appendStep(all, j.Back, i, true)
	}
	return all
}

func appendStep(all []pathStep, seen []packets.Sighting, i int, back bool) []pathStep {
	s := &seen[i]
	what := s.Point.String()
	switch s.Point {
	case packets.PointConsume:
		return all
	case packets.PointQueue:
		later := seen[i+1:]
		if slices.ContainsFunc(later, func(t packets.Sighting) bool {
			return t.Point == packets.PointXmit && t.Device.DeviceID == s.Device.DeviceID && t.SKB == s.SKB
		}) {
			return all
		}
	}
	return append(all, pathStep{back, what, s})
}

// pathGroup is journeys that went the same way to the same end.
type pathGroup struct {
	journeys []*packets.Journey
	// steps are those of each.
	steps [][]pathStep
	cause *Cause
}

// pathGroups puts journeys together, in the order of the first of each.
func pathGroups(p *Path) (all []*pathGroup) {
	byWay := make(map[string]*pathGroup)
	for i := range p.Result.Journeys {
		j := &p.Result.Journeys[i]
		steps := pathSteps(j)
		way := wayOf(j, steps)
		g := byWay[way]
		if g == nil {
			g = &pathGroup{}
			byWay[way] = g
			all = append(all, g)
		}
		g.journeys, g.steps = append(g.journeys, j), append(g.steps, steps)
		if g.cause == nil {
			g.cause = p.cause(i)
		}
	}
	return all
}

// wayOf is the same for journeys of one group: everything that is shown of them,
// except for times, CPUs and what each probe has of its own.
func wayOf(j *packets.Journey, steps []pathStep) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%t %s %v %v %v;", s.back, s.what, s.at.Device.DeviceID, s.at.Flow.Src.Addr(), s.at.Flow.Dst.Addr())
		if s.at.Drop != nil {
			fmt.Fprintf(&b, "%s %s", s.at.Drop.Reason, s.at.Drop.Function)
		}
		if s.at.ICMP != nil {
			fmt.Fprintf(&b, "%v", *s.at.ICMP)
		}
	}
	fmt.Fprintf(&b, "%v %t %v", j.End.Outcome, j.End.Answer, j.End.Error)
	return b.String()
}
