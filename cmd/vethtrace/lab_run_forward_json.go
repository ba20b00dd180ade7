// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// forwardExperimentJSON is the document of lab run forward, see docs/lab-run.md.
type forwardExperimentJSON struct {
	Type       string           `json:"type"`
	Schema     int              `json:"schema"`
	Story      string           `json:"story"`
	Kernel     string           `json:"kernel"`
	Count      int              `json:"count"`
	Runs       []forwardRunJSON `json:"runs"`
	Conclusion string           `json:"conclusion"`
	Cure       string           `json:"cure,omitempty"`
	Warnings   []string         `json:"warnings"`
}

type forwardRunJSON struct {
	// Host has the values there, by key.
	Host  map[string]string `json:"host"`
	Paths []forwardPathJSON `json:"paths"`
}

// forwardPathJSON is of one family; outcome, end, drop and cause are those of the
// first probe that was not answered, or of the first.
type forwardPathJSON struct {
	Family   string            `json:"family"`
	To       string            `json:"to"`
	Probes   int               `json:"probes"`
	Answered int               `json:"answered"`
	Outcome  string            `json:"outcome,omitempty"`
	Reached  []endJSON         `json:"reached"`
	Drop     *forwardDropJSON  `json:"drop,omitempty"`
	Cause    *forwardCauseJSON `json:"cause,omitempty"`
	Refused  uint64            `json:"host_in_addr_errors"`
}

type forwardDropJSON struct {
	Function string `json:"function,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

type forwardCauseJSON struct {
	ID       string   `json:"id"`
	Sentence string   `json:"sentence"`
	Sure     bool     `json:"sure"`
	Evidence []string `json:"evidence"`
	Cure     []string `json:"cure"`
}

func writeForwardJSON(w io.Writer, s forwardStory, runs []forwardRun, warnings []string) error {
	doc := forwardExperimentJSON{
		Type: "experiment", Schema: report.SchemaVersion, Story: "forward",
		Kernel: runs[0].paths[0].Result.Kernel, Count: s.count,
		Conclusion: forwardConclusion(runs), Cure: strings.Join(forwardCure(runs), "\n"),
		Warnings: append(append([]string{}, warnings...), forwardLosses(runs)...),
	}
	for i := range runs {
		run := forwardRunJSON{Host: make(map[string]string)}
		for j := range runs[i].paths {
			p := &runs[i].paths[j]
			run.Host[p.key()] = p.forwarding
			run.Paths = append(run.Paths, p.json())
		}
		doc.Runs = append(doc.Runs, run)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

func (p *forwardPath) json() forwardPathJSON {
	doc := forwardPathJSON{
		Family: strings.ToLower(p.family()), To: p.To, Probes: len(p.Result.Journeys), Answered: p.answered(), Reached: []endJSON{}, Refused: p.refused,
	}
	j, c := p.told()
	if j == nil {
		return doc
	}
	doc.Outcome = j.End.Outcome.String()
	for _, d := range reached(j) {
		doc.Reached = append(doc.Reached, deviceEndJSON(d))
	}
	if j.End.Outcome == packets.Dropped {
		drop := j.End.Last.Drop
		doc.Drop = &forwardDropJSON{drop.Function, drop.Reason}
	}
	if c != nil {
		doc.Cause = &forwardCauseJSON{
			c.ID, c.Sentence, c.Sure, append([]string{}, c.Evidence...), append([]string{}, c.Cure...),
		}
	}
	return doc
}

func deviceEndJSON(d tracer.DeviceName) endJSON {
	return endJSON{uint64(d.Netns), d.NetnsName, int(d.Ifindex), d.Ifname}
}
