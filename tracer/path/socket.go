// SPDX-License-Identifier: Apache-2.0

package path

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
)

// socket sends one probe. It belongs to the namespace of the thread that made it
// and may be used from any other.
type socket struct {
	fd   int
	flow tracer.FlowKey
	to   unix.Sockaddr
	size int
	// answered is whether the answer has come.
	answered bool
}

// newSocket returns a socket that is not open yet.
func newSocket(opts Options) *socket {
	return &socket{fd: -1, size: opts.Size, flow: tracer.FlowKey{
		Proto: opts.Proto,
		Dst:   netip.AddrPortFrom(opts.To.WithZone(""), opts.Port),
		Src:   netip.AddrPortFrom(unspecified(opts.To), 0),
	}}
}

// open gives the socket an address and port of its own, so that all of the probe's
// addressing is known before it is sent. An error is the kernel's word for why it
// cannot be sent; the flow is known as far as it came.
func (s *socket) open(opts Options, id uint16) error {
	var err error
	if s.to, err = sockaddr(opts.To, opts.Port); err != nil {
		return err
	}
	source, err := sourceOf(s.to)
	if err != nil {
		return err
	}
	s.flow.Src = netip.AddrPortFrom(source.Addr().WithZone(""), 0)
	if err := s.bind(opts, source.Addr()); err != nil {
		s.close()
		return err
	}
	if opts.Proto == protoICMP || opts.Proto == protoICMPv6 {
		s.flow.ID = id
		return nil
	}
	port, err := nameOf(s.fd)
	if err != nil {
		s.close()
		return err
	}
	s.flow.Src = netip.AddrPortFrom(s.flow.Src.Addr(), port.Port())
	return nil
}

// bind opens the socket, and binds it to its source.
func (s *socket) bind(opts Options, source netip.Addr) (err error) {
	family, kind, proto := unix.AF_INET, unix.SOCK_DGRAM, 0
	level, dontFragment, ttl := unix.IPPROTO_IP, unix.IP_MTU_DISCOVER, unix.IP_TTL
	if opts.To.Is6() {
		family, level = unix.AF_INET6, unix.IPPROTO_IPV6
		dontFragment, ttl = unix.IPV6_MTU_DISCOVER, unix.IPV6_UNICAST_HOPS
	}
	switch opts.Proto {
	case protoTCP:
		kind = unix.SOCK_STREAM
	case protoICMP, protoICMPv6:
		kind, proto = unix.SOCK_RAW, int(opts.Proto)
	}
	s.fd, err = unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, proto)
	if err != nil {
		return fmt.Errorf("opening socket: %w", err)
	}
	// Packets that are too large are to be told of, as those of TCP are.
	err = unix.SetsockoptInt(s.fd, level, dontFragment, unix.IP_PMTUDISC_DO)
	if opts.TTL != 0 {
		err = errors.Join(err, unix.SetsockoptInt(s.fd, level, ttl, opts.TTL))
	}
	if err != nil {
		return fmt.Errorf("setting up socket: %w", err)
	}
	if kind == unix.SOCK_RAW {
		if err := onlyReplies(s.fd, opts.Proto); err != nil {
			return fmt.Errorf("filtering ICMP: %w", err)
		}
	}
	from, err := sockaddr(source, 0)
	if err != nil {
		return err
	}
	if err := unix.Bind(s.fd, from); err != nil {
		return fmt.Errorf("binding socket to %v: %w", source, err)
	}
	if kind == unix.SOCK_STREAM {
		return nil // to connect is to send
	}
	to := s.to
	if kind == unix.SOCK_RAW {
		to = withPort(to, 0)
	}
	if err := unix.Connect(s.fd, to); err != nil {
		return fmt.Errorf("connecting socket: %w", err)
	}
	return nil
}

func (s *socket) close() {
	if s.fd >= 0 {
		unix.Close(s.fd)
		s.fd = -1
	}
}

// send sends the probe; its number is the sequence number of a ping.
func (s *socket) send(number int) error {
	var err error
	switch s.flow.Proto {
	case protoTCP:
		err = unix.Connect(s.fd, s.to)
		if errors.Is(err, unix.EINPROGRESS) {
			return nil
		}
	case protoUDP:
		_, err = unix.Write(s.fd, payload(make([]byte, s.size), number))
	default:
		_, err = unix.Write(s.fd, echoRequest(s.flow.Proto, s.flow.ID, number, s.size))
	}
	if err != nil {
		return fmt.Errorf("sending: %w", err)
	}
	return nil
}

// poll waits for what comes back. It returns true when nothing more will: the
// answer is there, or an error is.
func (s *socket) poll(wait time.Duration) bool {
	events := int16(unix.POLLIN)
	if s.flow.Proto == protoTCP {
		events = unix.POLLOUT
	}
	fds := []unix.PollFd{{Fd: int32(s.fd), Events: events}}
	if n, err := unix.Poll(fds, int(wait.Milliseconds())); err != nil || n == 0 {
		return false
	}
	if s.flow.Proto == protoTCP {
		code, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		s.answered = err == nil && code == 0
		if s.answered {
			s.reset()
		}
		return true
	}
	p := make([]byte, 1<<16)
	n, err := unix.Read(s.fd, p)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return false
	case err != nil:
		return true // what the ICMP error said is seen elsewhere
	case s.flow.Proto == protoUDP:
		s.answered = true
	default:
		s.answered = isReply(p[:n], s.flow.Proto, s.flow.ID)
	}
	return s.answered
}

// reset makes close end the connection at once, with a reset.
func (s *socket) reset() {
	// Where it cannot, the connection is closed the long way.
	_ = unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}

// payload fills a packet with what tells people who meet it where it is from.
func payload(p []byte, number int) []byte {
	text := fmt.Sprintf("vethtrace path, probe %d, process %d. ", number, os.Getpid())
	for i := range p {
		p[i] = text[i%len(text)]
	}
	return p
}
