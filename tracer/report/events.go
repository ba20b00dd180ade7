// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
)

// Event is a type of record between the header and the footer of a trace.
type Event uint

// The events.
const (
	EventHop Event = iota
	EventDrop
	EventReorder
	EventRetransmit
	EventMark
	NumEvents
)

// String returns the event's name in flags and JSON.
func (e Event) String() string { return [...]string{"hop", "drop", "reorder", "retransmit", "mark"}[e] }

// Events is a set of them. The zero value is all.
type Events uint

// ParseEvents understands a list of names with commas.
func ParseEvents(list string) (Events, error) {
	var all Events
	for name := range strings.SplitSeq(list, ",") {
		e, err := parseEvent(name)
		if err != nil {
			return 0, err
		}
		all |= 1 << e
	}
	return all, nil
}

func parseEvent(name string) (Event, error) {
	for e := range NumEvents {
		if e.String() == name {
			return e, nil
		}
	}
	return 0, fmt.Errorf("event %q is none of hop, drop, reorder, retransmit, mark", name)
}

// Has says whether e is in the set.
func (s Events) Has(e Event) bool { return s == 0 || s>>e&1 != 0 }

func (s Events) names() []string {
	var names []string
	for e := range NumEvents {
		if s.Has(e) {
			names = append(names, e.String())
		}
	}
	return names
}
