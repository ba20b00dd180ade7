// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"

	"github.com/vethtrace/vethtrace/tracer"
)

// manySegs is from how many segments a second sent again a flow is in trouble.
// Some are normal where there is real loss.
const manySegs = 10

// isMuch says whether a flow is in trouble: by many segments, or since it stood
// still until a timer fired.
func isMuch(r *row) bool {
	return r.tcp.segsPerSec >= manySegs || r.tcp.classes[tracer.ClassRTO] > 0
}

// sentAgainMuch has one finding for each verdict, of the flow that sent most
// again for that reason; the flow with the most first. At is where what was
// overtaken at hops belongs.
func sentAgainMuch(e *evidence) (all []finding, at int) {
	type one struct {
		r      *row
		others int
	}
	var flows []one
	for v := range tracer.NumVerdicts {
		r, others := worst(e.tcp, func(r *row) uint64 {
			if most, _, _ := r.tcp.verdict(); most != v || !isMuch(r) {
				return 0
			}
			return r.tcp.segs
		})
		if r != nil {
			flows = append(flows, one{r, others})
		}
	}
	slices.SortStableFunc(flows, func(a, b one) int { return cmp.Compare(b.r.tcp.segs, a.r.tcp.segs) })
	at = len(flows)
	for i, fl := range flows {
		if v, _, _ := fl.r.tcp.verdict(); v == tracer.VerdictReorderedAtHop {
			at = i
		}
		all = append(all, sentAgainBy(e, fl.r, fl.others, labelRetrans))
	}
	return all, at
}

func fewSentAgain(e *evidence) []finding {
	r, others := worst(e.tcp, func(r *row) uint64 {
		if isMuch(r) {
			return 0
		}
		return r.tcp.segs
	})
	if r == nil {
		return nil
	}
	return []finding{sentAgainBy(e, r, others, "NOTE")}
}

func sentAgainBy(e *evidence, r *row, others int, label string) finding {
	verdict, events, of := r.tcp.verdict()
	rate := rateText(r.tcp.segsPerSec)
	f := finding{
		label:  label,
		key:    "retransmits " + r.name,
		where:  r.name,
		what:   ": " + rate + " segments/s sent again, ",
		brief:  ": " + rate + " segs/s, ",
		more:   andMore(others, "flow"),
		advice: "next: 5, then enter on its row",
	}
	if of == 0 {
		f.what += "not known yet why"
		f.brief += "not known yet why"
		return f
	}
	share := shareText(events, of)
	newest := r.tcp.newest(verdict)
	var why, brief string
	switch verdict {
	case tracer.VerdictReorderedAtHop:
		why, brief = " reordered at a hop", " reordered at a hop"
		if newest != nil && newest.Chain.Overtaken != nil {
			why = " reordered at " + deviceText(newest.Chain.Overtaken.Rx)
		}
	case tracer.VerdictLostAtHop:
		why, brief = " dropped at a hop", " dropped at a hop"
		var kind tracer.Kind
		if newest != nil && newest.Chain.Dropped != nil {
			why = " dropped at " + deviceText(newest.Chain.Dropped.Rx)
			kind = newest.Chain.Dropped.Kind
		}
		f.advice = "next: " + showReasons(kind)
	case tracer.VerdictReorderedElsewhere:
		why, brief = " not needed, yet reordered at no traced hop", " reordered elsewhere"
		f.advice = elsewhere(e)
	case tracer.VerdictLostElsewhere:
		why, brief = " lost at no traced hop", " lost elsewhere"
		f.advice = elsewhere(e)
	case tracer.VerdictTimeout:
		why, brief = " not needed, by timers: the ACK was late", " by late ACKs"
		f.advice = "so: the ACK took longer than the timer; next: 5, enter"
	default:
		why, brief = " for a reason not seen", " not seen why"
	}
	f.what += share + why
	f.brief += share + brief
	return f
}

// elsewhere is where else to look than at the hops that are traced.
func elsewhere(e *evidence) string {
	switch {
	case e.run.Filter != "":
		return "next: vethtrace top without the filter: other hops"
	case len(e.run.Kinds) < int(tracer.NumKinds):
		return "next: vethtrace top --kind all (other kinds of device)"
	}
	return "next: ip -s link (errors and drops of other devices)"
}
