// SPDX-License-Identifier: Apache-2.0

package main

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// Ctrl-C ends a trace also when packets come faster than its lines are read:
// here two for each line, for ever.
func TestTraceEndsUnderLoad(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	fd := socketIn(t, l.Ends[0])
	to := &unix.SockaddrInet4{Port: 9, Addr: l.Ends[1].IPv4.Addr().As4()}
	r := startTrace(t, "--netns", l.Ends[0].Netns, "--proto", "udp")
	send := func(n int) {
		for range n {
			if err := unix.Sendto(fd, []byte("x"), 0, to); err != nil {
				t.Fatal(err)
			}
		}
	}
	enough := 10_000
	if inVM {
		enough = 1000
	}
	lines := 0
	for send(enough); ; send(2) {
		if _, err := r.out.ReadString('\n'); err != nil {
			break
		}
		if lines++; lines == enough {
			if err := r.cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
		if lines == 20*enough {
			t.Fatalf("%d lines after Ctrl-C the trace goes on", lines-enough)
		}
	}
	if status := wait(t, r.cmd); status != 0 || r.errs.Len() != 0 {
		t.Errorf("got exit status %d, %q", status, r.errs.String())
	}
	t.Logf("%d lines after Ctrl-C", lines-enough)
}

// socketIn returns a UDP socket of a namespace.
func socketIn(t *testing.T, end lab.End) (fd int) {
	t.Helper()
	err := lab.InNetns(end.Netns, func() (err error) {
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}
