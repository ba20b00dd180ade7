// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Ping sends ICMP echo requests, each when the reply to the one before has come
// or a second has passed. Nothing in end b but the kernel answers.
type Ping struct {
	IPv6 bool
	// Size is the payload of a request in bytes; 0 means 56, as ping sends.
	Size int
	// Count ends it after so many requests, Duration after a time; 0 means no
	// such limit.
	Count    uint64
	Duration time.Duration
	// Interval is the time between two requests; 0 means none.
	Interval time.Duration
	// CPU is where requests are sent from, -1 anywhere.
	CPU int
	// Migrate is that of [Stream].
	Migrate time.Duration
}

// replyTimeout is how late the reply to a ping or a datagram may come.
const replyTimeout = time.Second

// Run implements [Traffic].
func (p Ping) Run(ctx context.Context, l *Lab) (Result, error) {
	res := Result{Kind: "ping"}
	at := placement{p.CPU, p.Migrate}
	if err := at.validate(); err != nil {
		return res, err
	}
	_, to, err := l.addresses(p.IPv6)
	if err != nil {
		return res, err
	}
	ctx, cancel := within(ctx, p.Duration)
	defer cancel()
	err = inParallel(ctx, 1, &res, func(ctx context.Context, done *part) error {
		return onSender(ctx, l.Ends[0].Netns, at, &done.Moves, func(ctx context.Context) error {
			return unlessDone(ctx, p.send(ctx, to, done))
		})
	})
	res.Transactions = res.Received
	if err != nil {
		return res, fmt.Errorf("pinging %v: %w", to, err)
	}
	return res, nil
}

func (p Ping) send(ctx context.Context, to netip.Addr, done *part) error {
	s, err := newICMP(to)
	if err != nil {
		return err
	}
	defer s.close()
	// Not interrupted when ctx ends: the last reply is awaited like all others,
	// else it would count as lost.
	if err := errors.Join(s.sendWithin(replyTimeout), s.receiveWithin(replyTimeout)); err != nil {
		return err
	}
	start := time.Now()
	err = p.exchange(ctx, s, to, done)
	done.Duration = time.Since(start)
	return err
}

func (p Ping) exchange(ctx context.Context, s *socket, to netip.Addr, done *part) error {
	size := p.Size
	if size <= 0 {
		size = 56
	}
	var pace pacer
	id := uint16(rand.Uint32()) // another ping may run in the same namespace
	request := make([]byte, echoHeader+size)
	buf := make([]byte, 60+len(request)) // 60: the longest IPv4 header
	for p.Count == 0 || done.Packets < p.Count {
		if !pace.wait(ctx, p.Interval) {
			return nil
		}
		seq := uint16(done.Packets)
		putEcho(request, to.Is6(), id, seq)
		start := time.Now()
		if err := s.write(request); err != nil {
			return err
		}
		done.Packets++
		answered, err := awaitReply(s, buf, to.Is6(), id, seq)
		if err != nil {
			return err
		}
		if answered {
			done.latencies.record(time.Since(start))
			done.Received++
			done.Bytes += 2 * uint64(size)
		}
	}
	return nil
}

func awaitReply(s *socket, buf []byte, ipv6 bool, id, seq uint16) (bool, error) {
	for deadline := time.Now().Add(replyTimeout); time.Now().Before(deadline); {
		n, err := s.read(buf)
		if errors.Is(err, unix.EAGAIN) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if isReply(buf[:n], ipv6, id, seq) {
			return true, nil
		}
	}
	return false, nil
}
