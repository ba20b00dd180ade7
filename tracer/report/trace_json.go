// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"github.com/vethtrace/vethtrace/tracer"
)

// Sampling says which events are written. Conditions hold together; the zero
// value writes all.
type Sampling struct {
	// Events are the types that are written. The others hold of hops.
	Events Events
	// Every writes one hop in Every; 0 and 1 mean each.
	Every uint64
	// SlowerThanNS writes only hops whose total is longer, in nanoseconds;
	// 0 means no limit.
	SlowerThanNS uint64
}

// All says whether every hop is written.
func (s Sampling) All() bool {
	return s.Events.Has(EventHop) && s.Every <= 1 && s.SlowerThanNS == 0
}

// Emission says what became of the events of a trace.
type Emission struct {
	// Emitted is the number of hops written, the others those of drops,
	// reorders, retransmits and marks.
	Emitted, Drops, Reorders, Retransmits, Marks uint64
	Sampling                                     Sampling
}

// Written is the number of lines written of what was traced: marks are not.
func (e *Emission) Written() uint64 { return e.Emitted + e.Drops + e.Reorders + e.Retransmits }

type samplingJSON struct {
	Events       []string `json:"events"`
	All          bool     `json:"all"`
	Every        uint64   `json:"every"`
	SlowerThanNS uint64   `json:"slower_than_ns"`
}

func samplingOf(s Sampling) samplingJSON {
	return samplingJSON{s.Events.names(), s.All(), max(s.Every, 1), s.SlowerThanNS}
}

type headerJSON struct {
	Type         string       `json:"type"`
	Schema       int          `json:"schema"`
	Kernel       string       `json:"kernel"`
	Mode         string       `json:"mode"`
	Kinds        []string     `json:"kinds"`
	Hooks        []hookJSON   `json:"hooks"`
	Started      string       `json:"started"`
	WallOffsetNS int64        `json:"wall_offset_ns"`
	Clocksource  string       `json:"clocksource,omitempty"`
	Filter       string       `json:"filter,omitempty"`
	Sampling     samplingJSON `json:"sampling"`
	Warnings     []string     `json:"warnings"`
}

// WriteHeader writes the first line of a trace, of type "header". The error is
// the writer's.
func WriteHeader(w io.Writer, run tracer.Run, s Sampling) error {
	return writeLine(w, headerJSON{
		Type:         "header",
		Schema:       SchemaVersion,
		Kernel:       run.Kernel,
		Mode:         string(run.Mode),
		Kinds:        kindsOf(&run),
		Hooks:        hooksOf(&run),
		Started:      stamp(run.Started),
		WallOffsetNS: run.WallOffsetNS,
		Clocksource:  run.Clocksource,
		Filter:       run.Filter,
		Sampling:     samplingOf(s),
		Warnings:     list(run.Warnings),
	}, "header")
}

type footerJSON struct {
	Type               string          `json:"type"`
	Mode               string          `json:"mode"`
	DurationNS         int64           `json:"duration_ns"`
	HopsSeen           uint64          `json:"hops_seen"`
	HopsEmitted        uint64          `json:"hops_emitted"`
	HopsSampledOut     uint64          `json:"hops_sampled_out"`
	HopsUnread         uint64          `json:"hops_unread"`
	Drops              dropsJSON       `json:"drops"`
	DropsEmitted       uint64          `json:"drops_emitted"`
	ReorderedHops      uint64          `json:"reordered_hops"`
	ReordersEmitted    uint64          `json:"reorders_emitted"`
	Retransmits        retransmitsJSON `json:"retransmits"`
	RetransmitsEmitted uint64          `json:"retransmits_emitted"`
	MarksEmitted       uint64          `json:"marks_emitted"`
	Sampling           samplingJSON    `json:"sampling"`
	Losses             lossesJSON      `json:"losses"`
	Cost               costJSON        `json:"cost"`
	Warnings           []string        `json:"warnings"`
}

// WriteFooter writes the last line of a trace, of type "footer". The error is
// the writer's.
func WriteFooter(w io.Writer, s *tracer.Snapshot, e Emission) error {
	drops := allDrops(s)
	return writeLine(w, footerJSON{
		Type:               "footer",
		Mode:               string(s.Run.Mode),
		DurationNS:         s.Elapsed.Nanoseconds(),
		HopsSeen:           s.Hops(),
		HopsEmitted:        e.Emitted,
		HopsSampledOut:     less(s.Hops(), s.Emitted+s.Losses.Ringbuf),
		HopsUnread:         less(s.Emitted, e.Emitted),
		Drops:              dropsOf(&drops),
		DropsEmitted:       e.Drops,
		ReorderedHops:      reordered(s),
		ReordersEmitted:    e.Reorders,
		Retransmits:        retransmitsOf(&s.Retransmits),
		RetransmitsEmitted: e.Retransmits,
		MarksEmitted:       e.Marks,
		Sampling:           samplingOf(e.Sampling),
		Losses:             lossesOf(&s.Losses),
		Cost:               costOf(s),
		Warnings:           list(s.Run.Warnings),
	}, "footer")
}

// less returns a - b, or 0 while the two are read apart and b is ahead.
func less(a, b uint64) uint64 { return a - min(a, b) }
