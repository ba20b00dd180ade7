// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// RequestResponse sends a request over TCP and the next one when the response
// has come, as netperf TCP_RR does: each transaction is two hops and two
// wake-ups, so it feels latency like nothing else.
type RequestResponse struct {
	IPv6 bool
	// Size is the bytes of a request and of a response; 0 means 1.
	Size int
	// Count ends it after so many transactions, Duration after a time; 0
	// means no such limit.
	Count    uint64
	Duration time.Duration
	// Interval is the time between two requests; 0 means none.
	Interval time.Duration
	// CPU is where requests are sent from, -1 anywhere. The responses come
	// from wherever the server runs.
	CPU int

	onRequest func(server *socket) // for tests
}

// Run implements [Traffic].
func (r RequestResponse) Run(ctx context.Context, l *Lab) (Result, error) {
	res := Result{Kind: "request-response"}
	size := max(r.Size, 1)
	_, to, err := l.addresses(r.IPv6)
	if err != nil {
		return res, err
	}
	srv, err := startTCP(l.Ends[1].Netns, to, r.echo(size))
	if err != nil {
		return res, fmt.Errorf("starting echo server: %w", err)
	}
	defer srv.close()

	ctx, cancel := within(ctx, r.Duration)
	defer cancel()
	err = onThread(l.Ends[0].Netns, r.CPU, func() error {
		conn, err := dialTCP(ctx, srv.addr)
		if err != nil {
			return err
		}
		defer conn.close()
		defer conn.interruptOn(ctx)()
		start := time.Now()
		err = r.exchange(ctx, conn, size, &res)
		res.Duration = time.Since(start)
		res.Retransmits = conn.retransmits()
		return err
	})
	if err = unlessDone(ctx, err); err != nil {
		return res, fmt.Errorf("request/response to %v: %w", srv.addr, err)
	}
	return res, nil
}

func (r RequestResponse) exchange(ctx context.Context, conn *socket, size int, res *Result) error {
	var pace pacer
	buf := make([]byte, size)
	for r.Count == 0 || res.Transactions < r.Count {
		if !pace.wait(ctx, r.Interval) {
			return nil
		}
		if err := conn.write(buf); err != nil {
			return err
		}
		if err := conn.readFull(buf); err != nil {
			return err
		}
		res.Transactions++
		res.Bytes += 2 * uint64(size)
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
