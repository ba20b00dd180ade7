// SPDX-License-Identifier: Apache-2.0

package path

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/vethtrace/vethtrace/nsenter"
	"github.com/vethtrace/vethtrace/tracer"
)

// Options says what to send, and from where.
type Options struct {
	// From is the namespace to send from.
	From tracer.Netns
	To   netip.Addr
	// Proto is 6, 17, or one of 1 and 58 for an echo request of To's family.
	Proto uint8
	// Port is the destination's, of TCP and UDP.
	Port uint16
	// Count is how many probes to send, Interval the time from one to the next.
	Count    int
	Interval time.Duration
	// Size is how many bytes follow the ICMP or UDP header.
	Size int
	// TTL is the probes' time to live or hop limit, 0 the system's.
	TTL int
	// Stack is whether to tell the kernel's stack of drops.
	Stack bool
	// Watch follows Count packets that it chooses, and sends none. Only From
	// and Stack count besides.
	Watch *tracer.Filter
}

// Result is what became of all probes.
type Result struct {
	Kernel   string
	Journeys []Journey
	Losses   Losses
}

// Losses is what was not seen.
type Losses struct {
	// Ringbuf are sightings that found the ring buffer full, TableFull flows
	// behind NAT that found no place among those that are followed, Recursion
	// how often the kernel skipped a program because it ran already.
	Ringbuf, TableFull, Recursion uint64
}

// How long the end of a probe is waited for: an answer, and the kernel giving up
// a packet whose next hop does not answer to ARP, which it does after some 3 s.
const (
	answerWithin  = 2 * time.Second
	giveUpWithin  = 5 * time.Second
	settledAfter  = 300 * time.Millisecond
	betweenChecks = 50 * time.Millisecond
)

// Run sends probes and follows them, each to its end or until ctx is done, which
// is no error. It needs root.
func Run(ctx context.Context, opts Options) (r *Result, err error) {
	what := following{proto: opts.Proto, stack: opts.Stack}
	if opts.Watch != nil {
		what = following{watch: opts.Count, filter: *opts.Watch, stack: opts.Stack}
	}
	if opts.Watch == nil {
		if err := nsenter.At(opts.From.Path, func() error { return nil }); err != nil {
			return nil, err
		}
	}
	f, err := startFollower(what)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r = &Result{Kernel: f.words.Kernel}
	w := &remembered{world: machine{f.names}}
	if opts.Watch != nil {
		r.Journeys = watch(ctx, f, opts, w)
	} else {
		r.Journeys = send(ctx, f, opts, w)
	}
	r.Losses, err = f.losses()
	return r, err
}

// send sends all probes and returns what became of them.
func send(ctx context.Context, f *follower, opts Options, w world) []Journey {
	journeys := make([]Journey, opts.Count)
	var all sync.WaitGroup
	tick := time.NewTicker(max(opts.Interval, time.Millisecond))
	defer tick.Stop()
	first := firstID()
	for i := range journeys {
		all.Go(func() { journeys[i] = sendOne(ctx, f, opts, i+1, first, w) })
		if i == opts.Count-1 {
			break
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
			continue
		}
		journeys = journeys[:i+1]
		break
	}
	all.Wait()
	return journeys
}

// sendOne sends one probe and follows it to its end.
func sendOne(ctx context.Context, f *follower, opts Options, number int, first uint16, w world) Journey {
	p := Probe{Number: number, Netns: opts.From, SentNS: tracer.MonotonicNS()}
	s := newSocket(opts)
	err := nsenter.At(opts.From.Path, func() error { return s.open(opts, first+uint16(number)) })
	p.Flow = s.flow
	if err == nil {
		err = f.add(uint32(number), p.Flow)
	}
	if err == nil {
		defer s.close()
		p.SentNS = tracer.MonotonicNS()
		err = s.send(number)
	}
	if err != nil {
		f.settle()
		return end(p, f.of(uint32(number)), err, w)
	}
	return await(ctx, f, p, s, w)
}

// await waits for the answer, until it is clear that none will come.
func await(ctx context.Context, f *follower, p Probe, s *socket, w world) Journey {
	sent := time.Now()
	for {
		over := s.poll(betweenChecks)
		if s.answered {
			p.AnswerNS = tracer.MonotonicNS()
		}
		if over || ctx.Err() != nil {
			f.settle()
			return end(p, f.of(uint32(p.Number)), nil, w)
		}
		age := time.Since(sent)
		if age < settledAfter {
			continue
		}
		seen := f.of(uint32(p.Number))
		j := end(p, seen, nil, w)
		moving := len(seen) > 0 && seen[len(seen)-1].TSNS+uint64(settledAfter) > tracer.MonotonicNS()
		switch {
		case age > 2*giveUpWithin:
		case moving:
			continue
		case age > giveUpWithin:
		case age > answerWithin && isOver(&j):
		case j.End.Outcome == Dropped && len(j.Back) == 0, j.End.Outcome == Refused:
		default:
			continue
		}
		return j
	}
}

// isOver says whether the kernel will not come to drop the packet later: it may
// wait for the address of its next hop.
func isOver(j *Journey) bool {
	switch j.End.Outcome {
	case Vanished:
		return false
	case Delivered:
		return j.End.Answer || consumed(j.Out)
	}
	return true
}

// end puts the journey together.
func end(p Probe, seen []sighting, sendErr error, w world) Journey {
	out, back, resent := journey(p, seen, true)
	p.Resent = resent
	return Journey{Probe: p, Out: public(out), Back: public(back), End: decide(p, out, back, sendErr, w)}
}
