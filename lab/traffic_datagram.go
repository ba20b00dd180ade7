// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/binary"
	"time"
)

const (
	// numberedSize is from where on a datagram has room for its number,
	// stampedSize for the time it was sent at as well.
	numberedSize = 8
	stampedSize  = 16
)

// datagramClock is what both ends of UDP tell the time by: they are one process.
var datagramClock = time.Now()

// stamp writes the number and the time into a datagram, as far as they fit.
func stamp(p []byte, number uint64) {
	if len(p) >= numberedSize {
		binary.BigEndian.PutUint64(p, number)
	}
	if len(p) >= stampedSize {
		binary.BigEndian.PutUint64(p[numberedSize:], uint64(time.Since(datagramClock)))
	}
}

// arrivals is what a sink learns of the datagrams it reads.
type arrivals struct {
	next       uint64 // behind the highest number so far
	outOfOrder uint64
	last       time.Time
	latencies  latencies
}

func (a *arrivals) read(p []byte) {
	a.last = time.Now()
	if len(p) >= numberedSize {
		if n := binary.BigEndian.Uint64(p); n < a.next {
			a.outOfOrder++
		} else {
			a.next = n + 1
		}
	}
	if len(p) >= stampedSize {
		sent := time.Duration(binary.BigEndian.Uint64(p[numberedSize:]))
		a.latencies.record(a.last.Sub(datagramClock) - sent)
	}
}
