// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"cmp"
	"slices"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// chainView draws the numbers of a TCP flow, and under them the timeline.
func (m model) chainView(height int) []string {
	var lines []string
	for _, f := range m.tcpFacts() {
		for i, text := range wrapParts(f.texts, m.width-11) {
			name := ""
			if i == 0 {
				name = f.name
			}
			lines = append(lines, "  "+padRight(name, 9)+text)
		}
	}
	lines = append(lines, m.look.heading.Render("newest retransmits, the newest first; times from the first step of each"))
	list := make([]string, len(m.detail.chain))
	for i := range m.detail.chain {
		l := &m.detail.chain[i]
		if list[i] = l.text(m.width); l.heading {
			list[i] = m.look.strong.Render(list[i])
		}
	}
	return append(lines, m.scrolledTo(list, height-len(lines))...)
}

// fact is what is known of one thing, in parts that are not broken.
type fact struct {
	name  string
	texts []string
}

// wrapParts joins parts into lines of at most width.
func wrapParts(parts []string, width int) []string {
	var lines []string
	for _, p := range parts {
		if n := len(lines); n > 0 && textWidth(lines[n-1])+2+textWidth(p) <= width {
			lines[n-1] += "  " + p
			continue
		}
		lines = append(lines, cutEnd(p, width))
	}
	return lines
}

func (m model) tcpFacts() []fact {
	a := m.detail.row.tcp
	s := a.sender()
	facts := []fact{{"sender", []string{"not on this machine, or nothing was seen of it"}}}
	if a.flow.Sender != nil {
		facts = []fact{
			{"rate", []string{
				rateText(a.segsPerSec) + " segs/s,", countText(a.segs) + " segs in " + countedText(a.events, "retransmit"), m.detail.span.text,
			}},
			{"class", sharesOf(a.classes[:], a.events, func(i int) string { return tracer.RetransmitClass(i).String() })},
			{"verdict", sharesOf(a.verdicts[:], a.decided, func(i int) string { return tracer.Verdict(i).String() })},
			{"spurious", spuriousTexts(a)},
			{"sender", []string{
				"cwnd " + countText(uint64(s.Cwnd)), "rtt " + latencyText(1000*uint64(s.SRTTUs)),
				countedText(uint64(s.ReordSeen), "reordering") + " noticed", countText(uint64(s.DSACKs)) + " reported twice",
			}},
		}
		if a.pending > 0 {
			facts[2].texts = append(facts[2].texts, countText(a.pending)+" pending")
		}
		if a.failed > 0 {
			facts[0].texts = append(facts[0].texts, countText(a.failed)+" not sent")
		}
	}
	if a.flow.Receiver != nil {
		facts = append(facts, fact{"receiver", []string{countText(a.outOfOrder) + " out of order", countText(a.twice) + " twice"}})
	}
	if texts := agreementTexts(m.shown.cur, s.Netns); texts != nil && a.flow.Sender != nil {
		facts = append(facts, fact{"kernel", texts})
	}
	return facts
}

// sharesOf are those that are not 0, in percent, the most frequent first.
func sharesOf(counts []uint64, all uint64, name func(int) string) []string {
	var present []int
	for i, n := range counts {
		if n > 0 {
			present = append(present, i)
		}
	}
	if present == nil {
		return []string{unknown}
	}
	slices.SortStableFunc(present, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	texts := make([]string, len(present))
	for at, i := range present {
		texts[at] = name(i) + " " + shareText(counts[i], all)
	}
	return texts
}

func spuriousTexts(a *sentAgain) []string {
	n := a.spurious()
	texts := []string{shareText(n, max(n, a.decided))}
	for p := tracer.ProofDSACK; p < tracer.NumSpuriousProofs; p++ {
		if a.proofs[p] > 0 {
			texts = append(texts, "by "+strings.ToUpper(p.String())+" "+countText(a.proofs[p]))
		}
	}
	return texts
}
