// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/report"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// sysctlExperimentJSON is the document of lab run sysctl, see docs/lab-run.md.
type sysctlExperimentJSON struct {
	Type       string          `json:"type"`
	Schema     int             `json:"schema"`
	Story      string          `json:"story"`
	Kernel     string          `json:"kernel"`
	Mode       string          `json:"mode"`
	DurationNS int64           `json:"duration_ns"`
	Keys       []storyKeyJSON  `json:"keys"`
	Runs       []sysctlRunJSON `json:"runs"`
	Conclusion string          `json:"conclusion"`
	Cure       string          `json:"cure,omitempty"`
	Warnings   []string        `json:"warnings"`
}

// storyKeyJSON has the fields that vethtrace sysctl --json has of a key.
type storyKeyJSON struct {
	Name    string  `json:"name"`
	Host    *string `json:"host,omitempty"`
	Value   *string `json:"value,omitempty"`
	New     *string `json:"new,omitempty"`
	Verdict string  `json:"verdict"`
	Effect  string  `json:"effect"`
	Proof   string  `json:"proof"`
	Why     string  `json:"why"`
}

type sysctlRunJSON struct {
	// Set is where the values are set: none, host or container.
	Set string `json:"set"`
	// Host and Container are the values there, by key.
	Host        map[string]string `json:"host"`
	Container   map[string]string `json:"container"`
	Connections []idleConnJSON    `json:"connections"`
	Counted     uint64            `json:"tcp_keepalive_counter"`
}

type idleConnJSON struct {
	OpenedIn   int    `json:"opened_in_run"`
	DueNS      *int64 `json:"due_ns,omitempty"`
	Keepalives uint64 `json:"keepalives"`
}

func writeSysctlStoryJSON(w io.Writer, s sysctlStory, r *sysctlResult) error {
	doc := sysctlExperimentJSON{
		Type: "experiment", Schema: report.SchemaVersion, Story: "sysctl",
		Kernel: r.seen.Run.Kernel, Mode: string(r.seen.Run.Mode), DurationNS: s.duration.Nanoseconds(),
		Keys: storyKeysJSON(r.keys), Conclusion: sysctlConclusion(r, s.duration),
		Cure: strings.Join(sysctlCures(r), "\n"), Warnings: sysctlWarnings(r),
	}
	for i := range r.runs {
		doc.Runs = append(doc.Runs, r.runs[i].json())
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

func storyKeysJSON(keys []sysctl.Key) []storyKeyJSON {
	all := []storyKeyJSON{}
	for _, k := range keys {
		all = append(all, storyKeyJSON{
			k.Name, k.Host, k.Value, k.New, k.Verdict.String(), k.Effect.String(), k.Proof.String(), k.Why,
		})
	}
	return all
}

func (r *sysctlRun) json() sysctlRunJSON {
	doc := sysctlRunJSON{Set: r.set, Host: r.host.byKey(), Container: r.container.byKey(), Counted: r.counted}
	for _, c := range r.conns {
		conn := idleConnJSON{OpenedIn: c.openedIn, Keepalives: c.keepalives}
		if c.running {
			due := c.due.Nanoseconds()
			conn.DueNS = &due
		}
		doc.Connections = append(doc.Connections, conn)
	}
	return doc
}
