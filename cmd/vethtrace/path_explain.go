// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer/cause"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// mostExplained bounds how many different ends are explained: each takes a look
// at all namespaces of the machine.
const mostExplained = 50

// explain says why journeys ended as they did, one cause each, nil where there
// is nothing to explain. Those that ended alike are explained once.
func explain(journeys []packets.Journey) []*report.Cause {
	causes := make([]*report.Cause, len(journeys))
	known := make(map[string]*report.Cause)
	for i := range journeys {
		key := endKey(&journeys[i])
		if c, ok := known[key]; ok {
			causes[i] = c
			continue
		}
		if len(known) == mostExplained {
			break
		}
		c, err := cause.Explain(&journeys[i])
		if err != nil {
			c.Evidence = append(c.Evidence, "not all could be read: "+err.Error())
		}
		causes[i] = (*report.Cause)(c)
		known[key] = causes[i]
	}
	return causes
}

// endKey is the same for journeys that ended alike, but for the port or id that
// each probe has of its own.
func endKey(j *packets.Journey) string {
	e := &j.End
	key := fmt.Sprintf("%v %t %d %v %v %v", e.Outcome, e.Answer, e.Netns.Inode, e.Flow.Src.Addr(), e.Flow.Dst.Addr(), e.Error)
	if !e.Answer {
		key += fmt.Sprint(e.Flow.Dst.Port())
	}
	if e.In != nil {
		key += " in " + e.In.Ifname
	}
	if e.Out != nil {
		key += " out " + e.Out.Ifname
	}
	if e.ICMP != nil {
		key += fmt.Sprint(*e.ICMP)
	}
	if e.Last != nil {
		key += fmt.Sprint(" at ", e.Last.Point, e.Last.TTL, e.Last.LenBytes, e.Last.Device.Netns)
		if e.Last.Drop != nil {
			key += " " + e.Last.Drop.Function + " " + e.Last.Drop.Reason
		}
	}
	return key
}
