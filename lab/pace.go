// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// maxLag is how far a sender that was held up may catch up at full speed. It
// bounds the burst after a stall, and is long enough to even out late timers.
const maxLag = 50 * time.Millisecond

// maxNap bounds how late a waiting sender sees that its context has ended.
const maxNap = 20 * time.Millisecond

// pacer spreads sends over time: each has a cost, the time it takes at the
// wanted rate, and the next one is due when that has passed.
type pacer struct {
	next time.Time
}

// delay returns how long to wait at now before a send of this cost.
func (p *pacer) delay(now time.Time, cost time.Duration) time.Duration {
	if oldest := now.Add(-maxLag); p.next.Before(oldest) {
		p.next = oldest
		if cost > maxLag {
			p.next = now // slower than maxLag: nothing to catch up
		}
	}
	d := max(p.next.Sub(now), 0)
	p.next = p.next.Add(cost)
	return d
}

// wait waits for the turn of a send of this cost, blocking the thread; it
// returns false when ctx ended. A cost of 0 is never waited for.
func (p *pacer) wait(ctx context.Context, cost time.Duration) bool {
	if cost <= 0 {
		return ctx.Err() == nil
	}
	now := time.Now()
	if p.next.IsZero() {
		p.next = now
	}
	return nap(ctx, now, now.Add(p.delay(now, cost)))
}

// napFor blocks the thread for so long; it returns false when ctx ended.
func napFor(ctx context.Context, d time.Duration) bool {
	now := time.Now()
	return nap(ctx, now, now.Add(d))
}

// nap is napFor with times: from now until due.
func nap(ctx context.Context, now, due time.Time) bool {
	for ; ctx.Err() == nil; now = time.Now() {
		if !due.After(now) {
			return true
		}
		// In the kernel, not in a Go timer, which wakes two more threads.
		ts := unix.NsecToTimespec(min(due.Sub(now), maxNap).Nanoseconds())
		unix.Nanosleep(&ts, nil) // shorter on a signal, hence the loop
	}
	return false
}

// sendTime is how long n bytes take at a rate in bits per second, 0 at rate 0.
func sendTime(n int, bitsPerSecond uint64) time.Duration {
	if bitsPerSecond == 0 {
		return 0
	}
	return time.Duration(float64(n) * 8 / float64(bitsPerSecond) * float64(time.Second))
}
