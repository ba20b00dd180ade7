// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
)

// namedEnd is an end of a lab and what it is called in it.
type namedEnd struct {
	name string
	end  lab.End
}

// betweenEnds is the lab as traffic from one of its ends to another sees it;
// empty names leave them as they are. One name alone never means twice the same
// end: traffic to a comes from b, where otherwise it goes from a to b.
func betweenEnds(l *lab.Lab, from, to string) (*lab.Lab, error) {
	between := *l
	for i, name := range []string{from, to} {
		if name == "" {
			continue
		}
		end, err := endCalled(l, name)
		if err != nil {
			return nil, err
		}
		between.Ends[i] = end
	}
	if between.Ends[0].NetnsInode == between.Ends[1].NetnsInode {
		switch {
		case from == "":
			between.Ends[0] = l.Ends[1]
		case to == "":
			between.Ends[1] = l.Ends[0]
		default:
			between.Ends = [2]lab.End{lab.Loopback(between.Ends[0]), lab.Loopback(between.Ends[0])}
		}
	}
	return &between, nil
}

func endCalled(l *lab.Lab, name string) (lab.End, error) {
	var names []string
	for _, e := range namedEnds(l) {
		if e.name == name || e.end.Netns == name {
			return e.end, nil
		}
		names = append(names, e.name)
	}
	return lab.End{}, fmt.Errorf("lab %s has no end %q: its ends are %s", l.Name, name, strings.Join(names, ", "))
}

// namedEnds are the containers a, b and so on, the host and the uplink.
func namedEnds(l *lab.Lab) (all []namedEnd) {
	for i, end := range l.Containers {
		all = append(all, namedEnd{string(rune('a' + i)), end})
	}
	if l.Host != nil {
		all = append(all, namedEnd{"host", *l.Host})
	}
	if l.Uplink != nil {
		all = append(all, namedEnd{"up", *l.Uplink})
	}
	return all
}
