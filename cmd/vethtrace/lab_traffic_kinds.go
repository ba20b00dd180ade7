// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// maxTCPSize is the longest request or write, which each connection has a
// buffer of, maxDatagram the longest payload of UDP and of a ping over IPv4.
const (
	maxTCPSize  = 1 << 20
	maxDatagram = 65507
)

// trafficKind is one of the generators people choose from.
type trafficKind struct {
	name               string
	short, long        string
	example            string
	minSize, maxSize   int
	flags              trafficFlags // as they are if nothing is said
	sizeText, rateText string
	bits               bool // a second are the rate, not things
	single             bool // has no --connections
	traffic            func(trafficFlags) lab.Traffic
}

var trafficKinds = []trafficKind{
	{
		name:  "rr",
		short: "Send requests over TCP, each when the response to the one before has come",
		long: `rr sends a request over TCP and the next one when the response has come, as
netperf TCP_RR does, and prints how many of these transactions there were a
second and how long they took.`,
		example: `  vethtrace lab traffic rr
  vethtrace lab traffic rr --connections 8 --size 128 --json`,
		minSize: 1, maxSize: maxTCPSize, flags: trafficFlags{size: 1, connections: 1},
		sizeText: "`bytes` of a request, and of a response",
		rateText: "transactions a second of each connection, 0 for as many as it can",
		traffic: func(f trafficFlags) lab.Traffic {
			return lab.RequestResponse{
				IPv6: f.ipv6, Size: f.size, Connections: f.connections, Interval: f.interval(1),
				CPU: f.cpu, Migrate: f.migrate, Duration: f.duration,
			}
		},
	},
	{
		name:  "stream",
		short: "Send a TCP stream as fast as it goes, or at a rate",
		long: `stream sends bytes over TCP in one direction, as iperf3 does, and prints how
many arrived a second, what was sent again, and what came out of order.`,
		example: `  vethtrace lab traffic stream
  vethtrace lab traffic stream -d 5s --migrate 500us
  vethtrace lab traffic stream --rate 200M`,
		minSize: 1, maxSize: maxTCPSize, flags: trafficFlags{size: 64 << 10, connections: 1},
		sizeText: "`bytes` of a system call",
		rateText: "bits a second of each connection, 0 for as many as it can", bits: true,
		traffic: func(f trafficFlags) lab.Traffic {
			return lab.Stream{
				IPv6: f.ipv6, Size: f.size, Connections: f.connections, Rate: uint64(f.rate),
				CPU: f.cpu, Migrate: f.migrate, Duration: f.duration,
			}
		},
	},
	{
		name:  "udp",
		short: "Send datagrams at a rate",
		long: `udp sends datagrams with a number and the time in them, and prints how many
were lost, how many came out of order, and how long they took one way.`,
		example: `  vethtrace lab traffic udp
  vethtrace lab traffic udp --rate 1G --size 1400`,
		minSize: 16, maxSize: maxDatagram, flags: trafficFlags{size: 1400, connections: 1, rate: 10e6},
		sizeText: "`bytes` of a datagram",
		rateText: "bits a second of each connection, 0 for as many as it can", bits: true,
		traffic: func(f trafficFlags) lab.Traffic {
			return lab.UDP{
				IPv6: f.ipv6, Size: f.size, Connections: f.connections, Interval: f.interval(8 * f.size),
				CPU: f.cpu, Migrate: f.migrate, Duration: f.duration,
			}
		},
	},
	{
		name:  "ping",
		short: "Send ICMP echo requests, which the kernel at the other end answers",
		long: `ping sends ICMP echo requests, each when the reply to the one before has come
or a second has passed, and prints how long the replies took.`,
		example: `  vethtrace lab traffic ping
  vethtrace lab traffic ping --rate 0 -d 5s`,
		minSize: 1, maxSize: maxDatagram, flags: trafficFlags{size: 56, connections: 1, rate: 10}, single: true,
		sizeText: "`bytes` of payload",
		rateText: "requests a second, 0 for as many as are answered",
		traffic: func(f trafficFlags) lab.Traffic {
			return lab.Ping{
				IPv6: f.ipv6, Size: f.size, Interval: f.interval(1),
				CPU: f.cpu, Migrate: f.migrate, Duration: f.duration,
			}
		},
	},
}

// check returns a usageError about what cannot be meant.
func (k *trafficKind) check(f trafficFlags) error {
	switch {
	case f.duration < 0:
		return usagef("duration %v is negative", f.duration)
	case f.connections < 1 || f.connections > lab.MaxConnections:
		return usagef("--connections %d is not between 1 and %d", f.connections, lab.MaxConnections)
	case f.size < k.minSize || f.size > k.maxSize:
		return usagef("--size %d is not between %d and %d", f.size, k.minSize, k.maxSize)
	case f.cpu < anyCPU:
		return usagef("--cpu %d is no CPU", f.cpu)
	case f.migrate < 0:
		return usagef("--migrate %v is negative", f.migrate)
	case f.migrate > 0 && f.cpu != anyCPU:
		return usagef("--cpu and --migrate contradict each other: a sender stays or is moved")
	}
	return nil
}

// interval is how far apart things of so much at the rate are.
func (f *trafficFlags) interval(each int) time.Duration {
	if f.rate == 0 {
		return 0
	}
	return max(time.Duration(float64(each)/float64(f.rate)*float64(time.Second)), 1)
}

// subject says what is sent, from where to where.
func (k *trafficKind) subject(f trafficFlags, l *lab.Lab) string {
	from, to := l.Ends[0].IPv4.Addr(), l.Ends[1].IPv4.Addr()
	if f.ipv6 {
		from, to = l.Ends[0].IPv6.Addr(), l.Ends[1].IPv6.Addr()
	}
	return fmt.Sprintf("lab %s: %s, size %d, from %s %v to %s %v", l.Name, k.name, f.size, l.Ends[0].Netns, from, l.Ends[1].Netns, to)
}
