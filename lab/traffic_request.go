// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// RequestResponse sends a request over TCP and the next one when the response
// has come, as netperf TCP_RR does: each transaction is two hops and two
// wake-ups, so it feels latency like nothing else.
type RequestResponse struct {
	IPv6 bool
	// Size is the bytes of a request and of a response; 0 means 1.
	Size int
	// Count ends a connection after so many transactions, Duration all of
	// them after a time; 0 means no such limit.
	Count    uint64
	Duration time.Duration
	// Connections is how many run at once, each with its own client and
	// server thread; 0 means 1.
	Connections int
	// Interval is the time between two requests of a connection; 0 means none.
	Interval time.Duration
	// CPU is where requests are sent from, -1 anywhere. The responses come
	// from wherever the server runs, which PinServer keeps on the same CPU.
	CPU       int
	PinServer bool
	// Migrate is that of [Stream].
	Migrate time.Duration

	onRequest func(server *socket) // for tests
}

// Run implements [Traffic].
func (r RequestResponse) Run(ctx context.Context, l *Lab) (Result, error) {
	res := Result{Kind: "request-response"}
	if err := r.placement().validate(); err != nil {
		return res, err
	}
	_, to, err := l.addresses(r.IPv6)
	if err != nil {
		return res, err
	}
	ctx, cancel := within(ctx, r.Duration)
	defer cancel()
	err = inParallel(ctx, r.Connections, &res, func(ctx context.Context, p *part) error {
		return r.connection(ctx, l, to, p)
	})
	if err != nil {
		return res, fmt.Errorf("request/response to %v: %w", to, err)
	}
	return res, nil
}

func (r RequestResponse) placement() placement { return placement{r.CPU, r.Migrate} }

func (r RequestResponse) connection(ctx context.Context, l *Lab, to netip.Addr, p *part) error {
	size := max(r.Size, 1)
	serverCPU := -1
	if r.PinServer {
		serverCPU = r.CPU
	}
	srv, err := startTCP(l.Ends[1].Netns, to, serverCPU, r.echo(size))
	if err != nil {
		return fmt.Errorf("starting echo server: %w", err)
	}
	defer srv.close()
	return onSender(ctx, l.Ends[0].Netns, r.placement(), &p.Moves, func(ctx context.Context) error {
		conn, err := dialTCP(ctx, srv.addr)
		if err != nil {
			return unlessDone(ctx, err)
		}
		defer conn.close()
		defer conn.interruptOn(ctx)()
		start := time.Now()
		err = r.exchange(ctx, conn, size, p)
		p.Duration = time.Since(start)
		p.Retransmits = conn.retransmits()
		return unlessDone(ctx, err)
	})
}

func (r RequestResponse) exchange(ctx context.Context, conn *socket, size int, p *part) error {
	var pace pacer
	buf := make([]byte, size)
	for r.Count == 0 || p.Transactions < r.Count {
		if !pace.wait(ctx, r.Interval) {
			return nil
		}
		start := time.Now()
		if err := conn.write(buf); err != nil {
			return err
		}
		if err := conn.readFull(buf); err != nil {
			return err
		}
		p.latencies.record(time.Since(start))
		p.Transactions++
		p.Bytes += 2 * uint64(size)
	}
	return nil
}

func (r RequestResponse) echo(size int) func(*socket) error {
	return func(conn *socket) error {
		buf := make([]byte, size)
		for {
			err := conn.readFull(buf)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if r.onRequest != nil {
				r.onRequest(conn)
			}
			if err := conn.write(buf); err != nil {
				return err
			}
		}
	}
}
