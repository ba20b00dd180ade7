// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// streamChunk is what one write hands to TCP: about one GSO packet.
	streamChunk = 64 << 10
	// drainTimeout bounds the wait for the receiver to have read everything.
	drainTimeout = 2 * time.Second
)

// Stream sends bytes over TCP as fast as it goes or at a rate.
type Stream struct {
	IPv6 bool
	// Bytes ends it after so much, Duration after a time; 0 means no such
	// limit.
	Bytes    uint64
	Duration time.Duration
	// Rate is in bits of payload per second; 0 means unlimited.
	Rate uint64
	// CPU is where the sender runs, -1 anywhere. When the window is full the
	// kernel sends from the softirq that processed the acknowledgement, which
	// is on the receiver's CPU: only a stream below what the window allows
	// leaves from the sender's CPU throughout.
	CPU int
	// Migrate moves the sender to the next of the CPUs it may use each time so
	// much has passed; 0 leaves it. It excludes a CPU, and needs two.
	Migrate time.Duration
}

// Run implements [Traffic].
func (s Stream) Run(ctx context.Context, l *Lab) (Result, error) {
	res := Result{Kind: "stream"}
	at := placement{s.CPU, s.Migrate}
	if err := at.validate(); err != nil {
		return res, err
	}
	_, to, err := l.addresses(s.IPv6)
	if err != nil {
		return res, err
	}
	srv, err := startTCP(l.Ends[1].Netns, to, func(conn *socket) error {
		err := drain(conn, &res.Bytes)
		res.OutOfOrder = conn.outOfOrder()
		return err
	})
	if err != nil {
		return res, fmt.Errorf("starting sink: %w", err)
	}
	defer srv.close()

	ctx, cancel := within(ctx, s.Duration)
	defer cancel()
	err = onSender(ctx, l.Ends[0].Netns, at, &res.Moves, func(ctx context.Context) error {
		conn, err := dialTCP(ctx, srv.addr)
		if err != nil {
			return unlessDone(ctx, err)
		}
		defer conn.close()
		defer conn.interruptOn(ctx)()
		start := time.Now()
		err = unlessDone(ctx, s.send(ctx, conn))
		if err == nil {
			unix.Shutdown(conn.fd, unix.SHUT_WR)
			err = srv.wait(drainTimeout)
		}
		res.Duration = time.Since(start)
		res.Retransmits = conn.retransmits()
		return err
	})
	srv.close() // from here on nobody else counts in res
	if err != nil {
		return res, fmt.Errorf("streaming to %v: %w", srv.addr, err)
	}
	return res, nil
}

func (s Stream) send(ctx context.Context, conn *socket) error {
	var pace pacer
	buf := make([]byte, streamChunk)
	for sent := uint64(0); s.Bytes == 0 || sent < s.Bytes; {
		chunk := buf
		if s.Bytes != 0 {
			chunk = buf[:min(streamChunk, s.Bytes-sent)]
		}
		if !pace.wait(ctx, sendTime(len(chunk), s.Rate)) {
			return nil
		}
		if err := conn.write(chunk); err != nil {
			return err
		}
		sent += uint64(len(chunk))
	}
	return nil
}

// drain counts what comes until the end of the stream.
func drain(conn *socket, bytes *uint64) error {
	buf := make([]byte, 4*streamChunk)
	for {
		n, err := conn.read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		*bytes += uint64(n)
	}
}
