// SPDX-License-Identifier: Apache-2.0

package path

import (
	"context"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// watchedFor is how long a packet of the traffic is followed after it was seen
// last.
const watchedFor = time.Second

// watch follows packets of the traffic that the filter chooses, until there are
// as many as are wanted and nothing more is seen of them, or ctx is done.
func watch(ctx context.Context, f *follower, opts Options, w world) []Journey {
	tick := time.NewTicker(betweenChecks)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			f.settle()
			return watched(f, opts.Count, w)
		case <-tick.C:
		}
		probes := f.probes()
		if len(probes) < opts.Count || !quiet(f, probes[:opts.Count]) {
			continue
		}
		return watched(f, opts.Count, w)
	}
}

// quiet says whether nothing more has been seen of these for a while.
func quiet(f *follower, probes []uint32) bool {
	now := tracer.MonotonicNS()
	for _, id := range probes {
		seen := f.of(id)
		if seen[len(seen)-1].TSNS+uint64(watchedFor) > now {
			return false
		}
	}
	return true
}

// watched puts together the first packets.
func watched(f *follower, count int, w world) (all []Journey) {
	probes := f.probes()
	for i, id := range probes[:min(count, len(probes))] {
		seen := f.of(id)
		first := seen[0]
		p := Probe{
			Number: i + 1, Netns: w.netns(first.Device.Netns), Flow: first.Flow, SentNS: first.TSNS,
		}
		out, back, resent := journey(p, seen, false)
		p.Resent = resent
		all = append(all, Journey{Probe: p, Out: public(out), Back: public(back), End: decide(p, out, back, nil, w)})
	}
	return all
}
