// SPDX-License-Identifier: Apache-2.0

package tui

import "fmt"

// hopsMissed is about the trace, not about the network.
func hopsMissed(e *evidence) []finding {
	of := func(r *row) uint64 { return r.missed }
	d, others := worst(e.devices, of)
	if d == nil {
		return nil
	}
	return []finding{{
		label:  "LOST",
		key:    "missed " + d.name,
		where:  d.name,
		what:   fmt.Sprintf(": %s of its hops were not measured", shareText(d.missed, d.hops+d.missed)),
		more:   andMore(others, "device"),
		advice: "so: its latencies and counts are those of the other hops",
	}}
}

func clockBackwards(e *evidence) []finding {
	n := e.losses.ClockBackwards
	if n == 0 {
		return nil
	}
	clock := ""
	if e.run.Clocksource != "" {
		clock = " (" + printable(e.run.Clocksource) + ")"
	}
	return []finding{{
		label:  "CLOCK",
		key:    "clock",
		what:   fmt.Sprintf("%s stages would have been negative: the CPUs' clocks%s differ", countText(n), clock),
		advice: "so: do not trust stages that cross CPUs",
	}}
}

// eventsLost is about the trace too.
func eventsLost(e *evidence) []finding {
	n := e.losses.RareRingbuf
	if n == 0 {
		return nil
	}
	return []finding{{
		label:  "LOST",
		key:    "events",
		what:   countedText(n, "event") + " of order and TCP found the ring buffer full",
		advice: "so: verdicts on retransmits may be wrong",
	}}
}

func andMore(n int, noun string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", 1 more " + noun
	}
	return fmt.Sprintf(", %d more %ss", n, noun)
}
