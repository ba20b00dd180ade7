// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
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
	// Bytes ends a connection after so much, Duration all of them after a
	// time; 0 means no such limit.
	Bytes    uint64
	Duration time.Duration
	// Size is the bytes that one system call hands to TCP; 0 means 64 KiB.
	Size int
	// Connections is how many send at once; 0 means 1.
	Connections int
	// Rate is in bits of payload per second of each connection; 0 means
	// unlimited.
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
	if err := s.placement().validate(); err != nil {
		return res, err
	}
	_, to, err := l.addresses(s.IPv6)
	if err != nil {
		return res, err
	}
	ctx, cancel := within(ctx, s.Duration)
	defer cancel()
	err = inParallel(ctx, s.Connections, &res, func(ctx context.Context, p *part) error {
		return s.connection(ctx, l, to, p)
	})
	if err != nil {
		return res, fmt.Errorf("streaming to %v: %w", to, err)
	}
	return res, nil
}

func (s Stream) placement() placement { return placement{s.CPU, s.Migrate} }

func (s Stream) connection(ctx context.Context, l *Lab, to netip.Addr, p *part) error {
	srv, err := startTCP(l.Ends[1].Netns, to, -1, func(conn *socket) error {
		err := drain(conn, &p.Bytes)
		p.OutOfOrder = conn.outOfOrder()
		return err
	})
	if err != nil {
		return fmt.Errorf("starting sink: %w", err)
	}
	defer srv.close() // from here on nobody else counts in p
	return onSender(ctx, l.Ends[0].Netns, s.placement(), &p.Moves, func(ctx context.Context) error {
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
			// Cut short, it says how much has come.
			err = unlessDone(ctx, srv.wait(drainTimeout))
		}
		p.Duration = time.Since(start)
		p.Retransmits = conn.retransmits()
		return err
	})
}

func (s Stream) send(ctx context.Context, conn *socket) error {
	size := s.Size
	if size <= 0 {
		size = streamChunk
	}
	var pace pacer
	buf := make([]byte, size)
	for sent := uint64(0); s.Bytes == 0 || sent < s.Bytes; {
		chunk := buf
		if s.Bytes != 0 {
			chunk = buf[:min(uint64(size), s.Bytes-sent)]
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
