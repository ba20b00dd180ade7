// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// MaxConnections is how many connections one generator can have at once: each
// takes two threads.
const MaxConnections = 256

// part is what one connection of several did.
type part struct {
	Result
	latencies latencies
}

// inParallel runs that many connections at once, none meaning one, and adds up
// in res what they did. When one fails, all end.
func inParallel(ctx context.Context, connections int, res *Result, run func(context.Context, *part) error) error {
	if connections < 0 || connections > MaxConnections {
		return fmt.Errorf("%d connections: want 1 to %d", connections, MaxConnections)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := make([]part, max(connections, 1))
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() {
			if errs[i] = run(ctx, &parts[i]); errs[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	res.sum(parts)
	return errors.Join(errs...)
}

// sum adds up what the connections did; they ran at the same time.
func (r *Result) sum(parts []part) {
	var all latencies
	for i := range parts {
		p := &parts[i]
		r.Transactions += p.Transactions
		r.Packets += p.Packets
		r.Received += p.Received
		r.Bytes += p.Bytes
		r.Retransmits += p.Retransmits
		r.OutOfOrder += p.OutOfOrder
		r.Moves += p.Moves
		r.Duration = max(r.Duration, p.Duration)
		all.add(&p.latencies)
	}
	r.Connections = len(parts)
	r.Latency = all.summary()
}
