// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/nsenter"
)

// Traffic is something to send from end a of a lab to end b: [RequestResponse],
// [Stream], [UDP] or [Ping]. Both sides run in this process, on threads of
// their own with blocking system calls, so that a pinned sender really sends
// from its CPU and no other goroutine of the process is moved.
type Traffic interface {
	// Run returns when the traffic's own limit is reached or ctx ends, which
	// is no error. The result is valid as far as it got also on an error.
	Run(ctx context.Context, l *Lab) (Result, error)
}

// Result counts what a generator did.
type Result struct {
	// Kind is "request-response", "stream", "udp" or "ping".
	Kind string
	// Transactions is the requests answered (request-response, ping).
	Transactions uint64
	// Packets is the datagrams or echo requests sent (udp, ping), Received
	// how many of them reached the receiver, for ping: came back.
	Packets, Received uint64
	// Bytes is the payload that reached the receiver, for request-response
	// and ping the payload of both directions.
	Bytes uint64
	// Retransmits is the segments the sending TCP socket sent again
	// (tcpi_total_retrans).
	Retransmits uint64
	// OutOfOrder is the segments that came to the receiving TCP socket with
	// others missing before them (tcpi_rcv_ooopack; since Linux 5.4), for UDP
	// the datagrams that came after one sent later.
	OutOfOrder uint64
	// Moves is how often the sender was moved to another CPU.
	Moves uint64
	// Duration is from the first to the last packet, as the sender sees it, but
	// of datagrams until the last one has been read.
	Duration time.Duration
	// Connections is how many there were at once; all else is their sum.
	Connections int
	// Latency is of transactions and pings, and one way of datagrams.
	Latency Latency
}

// Lost is the packets sent that have not reached the receiver, or for ping
// not come back.
func (r *Result) Lost() uint64 { return r.Packets - min(r.Received, r.Packets) }

// TransactionsPerSecond is 0 where nothing lasted.
func (r *Result) TransactionsPerSecond() float64 { return r.perSecond(float64(r.Transactions)) }

// BitsPerSecond is of payload, 0 where nothing lasted.
func (r *Result) BitsPerSecond() float64 { return r.perSecond(8 * float64(r.Bytes)) }

func (r *Result) perSecond(n float64) float64 {
	if r.Duration <= 0 {
		return 0
	}
	return n / r.Duration.Seconds()
}

// onThread runs fn on a thread of its own inside a namespace, pinned to a CPU
// unless cpu is negative. Both are put back: the process's first thread, which
// any goroutine may be on, does not end with it, and is what /proc/self shows.
func onThread(netns string, cpu int, fn func() error) error {
	ns, err := openNetns(netns)
	if err != nil {
		return err
	}
	defer ns.Close()
	return nsenter.In(ns, func() (err error) {
		var before unix.CPUSet
		if err := unix.SchedGetaffinity(0, &before); err != nil {
			return fmt.Errorf("reading the CPUs of a thread: %w", err)
		}
		defer func() { err = errors.Join(err, unix.SchedSetaffinity(0, &before)) }()
		if cpu >= 0 {
			var set unix.CPUSet
			set.Set(cpu)
			if err := unix.SchedSetaffinity(0, &set); err != nil {
				return fmt.Errorf("pinning a thread to CPU %d, which is absent, offline or not allowed: %w", cpu, err)
			}
		}
		return fn()
	})
}

// within bounds ctx by d, where 0 means no bound.
func within(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d > 0 {
		return context.WithTimeout(ctx, d)
	}
	return context.WithCancel(ctx)
}

// unlessDone drops an error that comes of ctx having ended.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}
