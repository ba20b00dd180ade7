// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
)

// connectWithin bounds the wait for a connection.
const connectWithin = 5 * time.Second

// idle has connections from the first container to the uplink over which nothing
// is sent but keepalives, and traces these on the container's veth.
type idle struct {
	lab      *lab.Lab
	tracer   *tracer.Tracer
	listener *net.TCPListener
	// conns are the container's, accepted the other ends of them.
	conns, accepted []*net.TCPConn
}

// idleConn is what became of a connection in a run.
type idleConn struct {
	// openedIn is the run that opened it, from 1.
	openedIn int
	// due is when its next keepalive was due as the run began, by the kernel's
	// timer, and running whether there was such a timer.
	due     time.Duration
	running bool
	// keepalives are the packets that it sent, as the trace saw them cross the
	// veth.
	keepalives uint64
}

func startIdle(l *lab.Lab) (i *idle, err error) {
	i = &idle{lab: l}
	a := &l.Containers[0]
	opts := tracer.Options{Filter: tracer.Filter{
		Devices: []tracer.DeviceID{{Netns: uint32(a.NetnsInode), Ifindex: uint32(a.Ifindex)}},
		Proto:   6, Text: "lab " + l.Name,
	}}
	if i.tracer, err = tracer.Start(opts); err != nil {
		return nil, err
	}
	err = lab.InNetns(l.Uplink.Netns, func() error {
		// Without keepalives of its own.
		config := net.ListenConfig{KeepAlive: -1}
		config.SetMultipathTCP(false)
		listener, err := config.Listen(context.Background(), "tcp4", netip.AddrPortFrom(l.Uplink.IPv4.Addr(), 0).String())
		if err == nil {
			i.listener = listener.(*net.TCPListener)
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, i.tracer.Close())
	}
	return i, nil
}

// Close closes connections and trace.
func (i *idle) Close() error {
	err := i.listener.Close()
	for _, c := range append(i.conns, i.accepted...) {
		err = errors.Join(err, c.Close())
	}
	return errors.Join(err, i.tracer.Close())
}

// open opens a connection more, with keepalives as the sysctls say. It returns
// when all packets for that have arrived.
func (i *idle) open(ctx context.Context) error {
	err := lab.InNetns(i.lab.Containers[0].Netns, func() error {
		d := net.Dialer{Timeout: connectWithin, KeepAlive: -1}
		d.SetMultipathTCP(false)
		c, err := d.DialContext(ctx, "tcp4", i.listener.Addr().String())
		if err != nil {
			return err
		}
		i.conns = append(i.conns, c.(*net.TCPConn))
		return c.(*net.TCPConn).SetKeepAlive(true)
	})
	if err != nil {
		return err
	}
	if err := i.listener.SetDeadline(time.Now().Add(connectWithin)); err != nil {
		return err
	}
	c, err := i.listener.AcceptTCP()
	if err != nil {
		return err
	}
	i.accepted = append(i.accepted, c)
	return nil
}

// watch lets all connections be idle and says what they sent; counted is what the
// kernel itself counted.
func (i *idle) watch(ctx context.Context, d time.Duration) (all []idleConn, counted uint64, err error) {
	const counter = "TcpExtTCPKeepAlive"
	a := i.lab.Containers[0].Netns
	timers, err := keepaliveTimers(a)
	if err != nil {
		return nil, 0, err
	}
	seen, err := i.tracer.Snapshot()
	if err != nil {
		return nil, 0, err
	}
	if counted, err = kernelCounter(a, counter); err != nil {
		return nil, 0, err
	}
	select {
	case <-ctx.Done():
		return nil, 0, nil
	case <-time.After(d):
	}
	then, err := kernelCounter(a, counter)
	if err != nil {
		return nil, 0, err
	}
	later, err := i.tracer.Snapshot()
	if err != nil {
		return nil, 0, err
	}
	for n, c := range i.conns {
		local := c.LocalAddr().(*net.TCPAddr).AddrPort()
		conn := idleConn{openedIn: n + 1, keepalives: hopsFrom(later, local) - hopsFrom(seen, local)}
		conn.due, conn.running = timers[local.Port()]
		all = append(all, conn)
	}
	return all, then - counted, nil
}

// hopsFrom counts the packets that a socket sent.
func hopsFrom(s *tracer.Snapshot, local netip.AddrPort) (n uint64) {
	for i := range s.Flows {
		if s.Flows[i].Key.Src == local {
			n += s.Flows[i].Hops
		}
	}
	return n
}
