// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// socket is a blocking socket. It belongs to the namespace of the thread that
// made it and may be used from any thread.
type socket struct {
	fd int

	mu     sync.Mutex // between interrupt and close: never shut a reused fd
	closed bool
}

func newSocket(addr netip.Addr, kind, protocol int) (*socket, error) {
	family := unix.AF_INET
	if addr.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, fmt.Errorf("opening socket: %w", err)
	}
	return &socket{fd: fd}, nil
}

// interrupt wakes whoever is blocked in the socket, and lets it fail from now
// on. What was sent before is still delivered.
func (s *socket) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		// ENOTCONN for a socket not connected, which is woken nevertheless.
		unix.Shutdown(s.fd, unix.SHUT_RDWR)
	}
}

// interruptOn interrupts when ctx ends. The caller calls stop before close.
func (s *socket) interruptOn(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, s.interrupt)
}

func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		unix.Close(s.fd)
	}
}

func (s *socket) bind(addr netip.Addr) (netip.AddrPort, error) {
	if err := unix.Bind(s.fd, sockaddr(netip.AddrPortFrom(addr, 0))); err != nil {
		return netip.AddrPort{}, fmt.Errorf("binding socket to %v: %w", addr, err)
	}
	sa, err := unix.Getsockname(s.fd)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("reading socket address: %w", err)
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(addr, uint16(sa.Port)), nil
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(addr, uint16(sa.Port)), nil
	}
	return netip.AddrPort{}, fmt.Errorf("reading socket address: family of %v unknown", addr)
}

func (s *socket) connect(to netip.AddrPort) error {
	return s.connectUntil(context.Background(), to)
}

// sendWithin bounds each attempt to send or connect, where 0 means no bound.
func (s *socket) sendWithin(d time.Duration) error {
	return s.within(unix.SO_SNDTIMEO, d)
}

// receiveWithin bounds each attempt to read, which is EAGAIN then.
func (s *socket) receiveWithin(d time.Duration) error {
	return s.within(unix.SO_RCVTIMEO, d)
}

func (s *socket) within(option int, d time.Duration) error {
	tv := unix.NsecToTimeval(d.Nanoseconds())
	if err := unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, option, &tv); err != nil {
		return fmt.Errorf("bounding the time to send or receive: %w", err)
	}
	return nil
}

// connectUntil tries until ctx ends, if the socket has a time to send within.
func (s *socket) connectUntil(ctx context.Context, to netip.AddrPort) error {
	for {
		err := unix.Connect(s.fd, sockaddr(to))
		switch {
		case err == nil, errors.Is(err, unix.EISCONN):
			return nil
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EALREADY), errors.Is(err, unix.EINPROGRESS):
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("connecting: %w", err)
		}
	}
}

// connectToSender waits for the first datagram, which it leaves to be read, and
// accepts only those of the same sender from then on. It returns io.EOF after
// interrupt.
func (s *socket) connectToSender() error {
	for {
		_, from, err := unix.Recvfrom(s.fd, make([]byte, 1), unix.MSG_PEEK)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return fmt.Errorf("receiving: %w", err)
		case from == nil:
			return io.EOF
		}
		if err := unix.Connect(s.fd, from); err != nil {
			return fmt.Errorf("connecting to the sender: %w", err)
		}
		return nil
	}
}

// read returns io.EOF at the end of a stream and after interrupt.
func (s *socket) read(p []byte) (int, error) {
	for {
		n, err := unix.Read(s.fd, p)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, fmt.Errorf("receiving: %w", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

func (s *socket) readFull(p []byte) error {
	for len(p) > 0 {
		n, err := s.read(p)
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

func (s *socket) write(p []byte) error {
	for len(p) > 0 {
		n, err := unix.SendmsgN(s.fd, p, nil, nil, unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("sending: %w", err)
		}
		p = p[n:]
	}
	return nil
}

func sockaddr(to netip.AddrPort) unix.Sockaddr {
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
}

// addresses are those of ends a and b in one family.
func (l *Lab) addresses(ipv6 bool) (a, b netip.Addr, err error) {
	if !ipv6 {
		return l.Ends[0].IPv4.Addr(), l.Ends[1].IPv4.Addr(), nil
	}
	if !l.Ends[0].IPv6.IsValid() || !l.Ends[1].IPv6.IsValid() {
		return a, b, fmt.Errorf("lab %q has no IPv6 addresses", l.Name)
	}
	return l.Ends[0].IPv6.Addr(), l.Ends[1].IPv6.Addr(), nil
}
