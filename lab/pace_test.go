// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"testing"
	"time"
)

func TestPacerKeepsRate(t *testing.T) {
	const ms = time.Millisecond
	start := time.Unix(0, 0)
	p := pacer{next: start}
	now := start
	for i := range 100 {
		now = now.Add(p.delay(now, 10*ms) + 3*ms) // 3 ms late each time
		if want := start.Add(time.Duration(i)*10*ms + 3*ms); now != want {
			t.Fatalf("send %d at %v, want %v", i, now.Sub(start), want.Sub(start))
		}
	}
}

func TestPacerBoundsBurst(t *testing.T) {
	const ms = time.Millisecond
	p := pacer{next: time.Unix(0, 0)}
	now := time.Unix(10, 0)
	burst := 0
	for p.delay(now, 10*ms) == 0 {
		burst++
	}
	if want := int(maxLag/(10*ms)) + 1; burst != want {
		t.Errorf("got a burst of %d after a stall, want %d", burst, want)
	}
	p = pacer{next: time.Unix(0, 0)}
	if p.delay(now, 100*ms) != 0 || p.delay(now, 100*ms) != 100*ms {
		t.Error("a slow sender catches up")
	}
}

func TestPacerEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var p pacer
	if !p.wait(ctx, time.Hour) || !new(pacer).wait(ctx, 0) {
		t.Fatal("the first send is held back")
	}
	cancel()
	if p.wait(ctx, time.Hour) || p.wait(ctx, 0) {
		t.Error("a send after the context has ended")
	}
}

func TestSendTime(t *testing.T) {
	if got, want := sendTime(25_000, 200e6), time.Millisecond; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := sendTime(25_000, 0); got != 0 {
		t.Errorf("unlimited: got %v, want 0", got)
	}
}
