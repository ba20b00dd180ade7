// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"testing"
	"time"
)

// slowLab is a lab whose end a sends at a rate, a bit more than a packet in its
// bucket.
func slowLab(t *testing.T, rate string) *Lab {
	t.Helper()
	name := labName(t)
	l := mustUp(t, name)
	qdisc := Setting{Kind: QdiscKind, Netns: l.Ends[0].Netns, Device: "eth0", Value: "tbf rate " + rate + " burst 2kb limit 1mb"}
	if _, err := Apply(name, qdisc); err != nil {
		t.Skipf("this kernel has no tbf: %v", err)
	}
	return l
}

// What is on the way when the time is up is not lost.
func TestSlowPingIsAwaited(t *testing.T) {
	l := slowLab(t, "100kbit") // 115 ms for each of these
	res, err := Ping{Size: 1400, Duration: patiently(50 * time.Millisecond), CPU: -1}.Run(t.Context(), l)
	if err != nil || res.Packets < 2 || res.Lost() != 0 {
		t.Errorf("got %+v, %v, want two answered", res, err)
	}
}

func TestSlowDatagramsAreAwaited(t *testing.T) {
	l := slowLab(t, "1mbit") // 12 ms for each of these
	res, err := UDP{Size: 1400, Count: 50, Interval: time.Microsecond, CPU: -1}.Run(t.Context(), l)
	if err != nil || res.Packets != 50 || res.Lost() != 0 || res.BitsPerSecond() > 1.2e6 {
		t.Errorf("got %+v, %.0f bit/s, %v, want all 50, at the rate of the link", res, res.BitsPerSecond(), err)
	}
}

// A stream that is cut short says how much has come, not that some has not.
func TestSlowStreamIsCutShort(t *testing.T) {
	l := slowLab(t, "1mbit")
	res, err := Stream{Duration: 300 * time.Millisecond, CPU: -1}.Run(t.Context(), l)
	if err != nil || res.Bytes == 0 || res.BitsPerSecond() > 1.5e6 {
		t.Errorf("got %+v, %.0f bit/s, %v", res, res.BitsPerSecond(), err)
	}
}
