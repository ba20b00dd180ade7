// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// UDP sends datagrams, each one packet as long as it fits the MTU. From 8 bytes
// on they are numbered, so that it is known which came out of order, and from 16
// on they say when they were sent.
type UDP struct {
	IPv6 bool
	// Size is the payload of a datagram in bytes; 0 means 64.
	Size int
	// Count ends a connection after so many datagrams, Duration all of them
	// after a time; 0 means no such limit.
	Count    uint64
	Duration time.Duration
	// Connections is how many pairs of sockets there are; 0 means 1.
	Connections int
	// Interval is the time between two datagrams of a connection; 0 means
	// none, which may overrun the receiver's buffer: then Received is below
	// Packets.
	Interval time.Duration
	// CPU is where every datagram is sent from, -1 anywhere.
	CPU int
	// Migrate is that of [Stream].
	Migrate time.Duration

	onDatagram func(sink *socket) // for tests
}

// Run implements [Traffic].
func (u UDP) Run(ctx context.Context, l *Lab) (Result, error) {
	res := Result{Kind: "udp"}
	if u.Size <= 0 {
		u.Size = 64
	}
	if err := u.placement().validate(); err != nil {
		return res, err
	}
	from, to, err := l.addresses(u.IPv6)
	if err != nil {
		return res, err
	}
	ctx, cancel := within(ctx, u.Duration)
	defer cancel()
	err = inParallel(ctx, u.Connections, &res, func(ctx context.Context, p *part) error {
		return u.connection(ctx, l, from, to, p)
	})
	if err != nil {
		return res, fmt.Errorf("sending UDP to %v: %w", to, err)
	}
	return res, nil
}

func (u UDP) placement() placement { return placement{u.CPU, u.Migrate} }

func (u UDP) connection(ctx context.Context, l *Lab, from, to netip.Addr, p *part) error {
	sender, sink, err := udpPair(l, from, to)
	if err != nil {
		return err
	}
	defer sender.close()
	defer sink.close()
	var received atomic.Uint64
	var arrived arrivals
	sunk := make(chan error, 1)
	go func() { sunk <- u.sink(l.Ends[1].Netns, sink, &received, &arrived) }()

	var start time.Time
	err = onSender(ctx, l.Ends[0].Netns, u.placement(), &p.Moves, func(ctx context.Context) error {
		start = time.Now()
		defer func() { p.Duration = time.Since(start) }()
		defer sender.interruptOn(ctx)()
		return unlessDone(ctx, u.send(ctx, sender, &p.Packets))
	})
	waitReceived(&received, p.Packets)
	sink.interrupt()
	err = errors.Join(err, <-sunk)
	p.Received = received.Load()
	p.Bytes = p.Received * uint64(u.Size)
	p.Duration = max(p.Duration, arrived.last.Sub(start)) // a slow link takes longer
	p.OutOfOrder, p.latencies = arrived.outOfOrder, arrived.latencies
	return err
}

func (u UDP) send(ctx context.Context, s *socket, packets *uint64) error {
	var pace pacer
	buf := make([]byte, u.Size)
	for u.Count == 0 || *packets < u.Count {
		if !pace.wait(ctx, u.Interval) {
			return nil
		}
		stamp(buf, *packets)
		if err := s.write(buf); err != nil {
			return err
		}
		*packets++
	}
	return nil
}

func (u UDP) sink(netns string, s *socket, received *atomic.Uint64, arrived *arrivals) error {
	return onThread(netns, -1, func() error {
		if err := s.connectToSender(); err != nil {
			return unlessEOF(err)
		}
		buf := make([]byte, u.Size)
		for {
			n, err := s.read(buf)
			if err != nil {
				return unlessEOF(err)
			}
			if u.onDatagram != nil {
				u.onDatagram(s)
			}
			arrived.read(buf[:n])
			received.Add(1)
		}
	})
}

func unlessEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// udpPair makes two sockets, of which the sender is connected to the sink. Whom
// the sink is to be connected to is seen in the first datagram: behind NAT it
// comes from another address.
func udpPair(l *Lab, from, to netip.Addr) (sender, sink *socket, err error) {
	var socks [2]*socket
	var addrs [2]netip.AddrPort
	defer func() {
		for _, s := range socks {
			if err != nil && s != nil {
				s.close()
			}
		}
	}()
	for i, addr := range []netip.Addr{from, to} {
		err := InNetns(l.Ends[i].Netns, func() (err error) {
			if socks[i], err = newSocket(addr, unix.SOCK_DGRAM, unix.IPPROTO_UDP); err != nil {
				return err
			}
			addrs[i], err = socks[i].bind(addr)
			return err
		})
		if err != nil {
			return nil, nil, err
		}
	}
	if err := socks[0].connect(addrs[1]); err != nil {
		return nil, nil, err
	}
	return socks[0], socks[1], nil
}

// waitReceived gives datagrams on the way time to be read; some may be lost.
func waitReceived(received *atomic.Uint64, sent uint64) {
	last, since := received.Load(), time.Now()
	for last < sent && time.Since(since) < replyTimeout {
		time.Sleep(time.Millisecond)
		if now := received.Load(); now != last {
			last, since = now, time.Now()
		}
	}
}
