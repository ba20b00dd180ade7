// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strings"
	"testing"
)

func TestParseEvents(t *testing.T) {
	for list, want := range map[string]string{
		"hop": "hop", "retransmit,reorder": "reorder,retransmit", "drop,drop": "drop",
		"hop,drop,reorder,retransmit": "hop,drop,reorder,retransmit",
	} {
		s, err := ParseEvents(list)
		if err != nil {
			t.Errorf("%q: %v", list, err)
		}
		if got := strings.Join(s.names(), ","); got != want {
			t.Errorf("%q is %s, want %s", list, got, want)
		}
	}
	for _, list := range []string{"", "hop,", "hops", "all", "Hop"} {
		if _, err := ParseEvents(list); err == nil || !strings.Contains(err.Error(), "hop, drop, reorder, retransmit") {
			t.Errorf("%q: got %v, want an error that names the events", list, err)
		}
	}
}

func TestAllEvents(t *testing.T) {
	rare, _ := ParseEvents("reorder")
	for _, c := range []struct {
		s    Sampling
		want bool
	}{{Sampling{}, true}, {Sampling{Every: 1}, true}, {Sampling{Every: 2}, false}, {Sampling{SlowerThanNS: 1}, false}, {Sampling{Events: rare}, false}} {
		if got := c.s.All(); got != c.want {
			t.Errorf("%+v: got %v, want %v", c.s, got, c.want)
		}
	}
}
