// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// unackedTimeout ends a connection whose link has been taken away, instead of
// the quarter of an hour TCP would go on trying.
const unackedTimeout = 10 * time.Second

// dialTCP connects from the calling thread's namespace and CPU.
func dialTCP(ctx context.Context, to netip.AddrPort) (s *socket, err error) {
	s, err = newSocket(to.Addr(), unix.SOCK_STREAM, unix.IPPROTO_TCP)
	if err != nil {
		return nil, err
	}
	// In short attempts: some kernels, Debian's 5.10 among them, do not
	// interrupt a socket that connects. 4faeee0cf8a5 ("tcp: deny
	// tcp_disconnect() when threads are waiting"), undone by 419ce133ab92.
	err = errors.Join(s.setUpTCP(), s.sendWithin(maxNap), s.connectUntil(ctx, to), s.sendWithin(0))
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *socket) setUpTCP() error {
	err := errors.Join(
		unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1),
		unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unackedTimeout.Milliseconds())))
	if err != nil {
		return fmt.Errorf("setting TCP options: %w", err)
	}
	return nil
}

// retransmits is the segments sent again since the connection began.
func (s *socket) retransmits() uint64 {
	info, err := unix.GetsockoptTCPInfo(s.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0
	}
	return uint64(info.Total_retrans)
}

// outOfOrder is the segments that arrived with others missing before them.
func (s *socket) outOfOrder() uint64 {
	info, err := unix.GetsockoptTCPInfo(s.fd, unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0
	}
	return uint64(info.Rcv_ooopack)
}

// tcpServer serves one connection in end b.
type tcpServer struct {
	addr     netip.AddrPort
	listener *socket

	mu      sync.Mutex
	conn    *socket
	closing bool

	done chan struct{} // closed when serve has returned
	err  error         // after done
}

// startTCP returns when clients can connect; it serves from that CPU, -1 for any.
// The caller closes the server.
func startTCP(netns string, addr netip.Addr, cpu int, serve func(*socket) error) (*tcpServer, error) {
	srv := &tcpServer{done: make(chan struct{})}
	err := InNetns(netns, func() (err error) {
		srv.listener, err = newSocket(addr, unix.SOCK_STREAM, unix.IPPROTO_TCP)
		if err != nil {
			return err
		}
		if srv.addr, err = srv.listener.bind(addr); err == nil {
			err = unix.Listen(srv.listener.fd, 1)
		}
		if err != nil {
			srv.listener.close()
			return fmt.Errorf("listening: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(srv.done)
		srv.err = onThread(netns, cpu, func() error { return srv.acceptOne(serve) })
	}()
	return srv, nil
}

func (srv *tcpServer) acceptOne(serve func(*socket) error) error {
	var fd int
	for {
		var err error
		fd, _, err = unix.Accept4(srv.listener.fd, unix.SOCK_CLOEXEC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("accepting: %w", err)
		}
		break
	}
	conn := &socket{fd: fd}
	defer conn.close()
	srv.mu.Lock()
	srv.conn = conn
	closing := srv.closing
	srv.mu.Unlock()
	if closing {
		return nil
	}
	if err := conn.setUpTCP(); err != nil {
		return err
	}
	return serve(conn)
}

// wait waits until the client's end of stream has been read, and gives up
// after grace: the link may be gone.
func (srv *tcpServer) wait(grace time.Duration) error {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-srv.done:
		return srv.err
	case <-timer.C:
		return fmt.Errorf("no end of stream after %v", grace)
	}
}

func (srv *tcpServer) close() {
	srv.listener.interrupt()
	srv.mu.Lock()
	srv.closing = true
	conn := srv.conn
	srv.mu.Unlock()
	if conn != nil {
		conn.interrupt()
	}
	<-srv.done
	srv.listener.close()
}
