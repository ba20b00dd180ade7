// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func needTwoCPUs(t *testing.T) {
	t.Helper()
	cpus, err := allowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	if len(cpus) < 2 {
		t.Skipf("needs two CPUs to move a thread between, and may use only CPU %d", cpus[0])
	}
}

// runningOn asks the kernel which CPU the calling thread is on.
func runningOn(t *testing.T) (cpu uint32) {
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), 0, 0); errno != 0 {
		t.Error(errno)
	}
	return cpu
}

func TestSenderIsMoved(t *testing.T) {
	needTwoCPUs(t)
	l := mustUp(t, labName(t))
	const every, enough = 2 * time.Millisecond, 20
	var moves, seen uint64
	on := make(map[uint32]bool)
	start := time.Now()
	err := onSender(t.Context(), l.Ends[0].Netns, placement{-1, every}, &moves, func(context.Context) error {
		// Where others work as well it does not run between all moves.
		for was := runningOn(t); seen < enough && time.Since(start) < 10*time.Second; {
			if now := runningOn(t); now != was {
				was = now
				on[now] = true
				seen++
			}
		}
		return nil
	})
	long := time.Since(start)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d moves in %v, the thread saw %d", moves, long, seen)
	if seen < enough || seen > moves || len(on) < 2 || moves > uint64(long/every) {
		t.Errorf("%d moves in %v, one each %v, of which the thread saw %d, to %d CPUs", moves, long, every, seen, len(on))
	}
}

// The receiving socket remembers where packets were sent from while there is no
// RPS.
func TestMovedUDPComesFromSeveralCPUs(t *testing.T) {
	needTwoCPUs(t)
	l := mustUp(t, labName(t))
	from, unknown := make(map[int]uint64), uint64(0)
	u := UDP{
		CPU: -1, Migrate: 5 * time.Millisecond, Interval: 200 * time.Microsecond, Duration: 500 * time.Millisecond,
		onDatagram: func(s *socket) {
			cpu, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_INCOMING_CPU)
			if err != nil || cpu == -1 {
				unknown++ // came before the socket was connected
				return
			}
			from[cpu]++
		},
	}
	res, err := u.Run(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	if res.Moves < 10 || len(from) < 2 || unknown > res.Received/10 {
		t.Errorf("got %+v, datagrams by CPU %v", res, from)
	}
	for cpu, n := range from {
		if n < 10 {
			t.Errorf("only %d of %d datagrams came from CPU %d", n, res.Received, cpu)
		}
	}
}

// setRPS sets a mask at both ends.
func setRPS(t *testing.T, l *Lab, mask string) {
	t.Helper()
	for _, end := range l.Ends {
		if err := SetRPS(end.Netns, end.Ifname, mask); err != nil {
			t.Fatal(err)
		}
	}
}

// A sender that is moved leaves packets in the queue of one CPU while it fills
// that of another, unless RPS has one CPU for each flow.
func TestMovedStreamIsReordered(t *testing.T) {
	needTwoCPUs(t)
	if inVM {
		t.Skip("emulated CPUs take turns, and delay ACKs until TCP loses patience: runs on real machines")
	}
	all, err := AllCPUs()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		rps       string
		reordered bool
	}{{"0", true}, {all, false}} {
		t.Run("rps_cpus="+c.rps, func(t *testing.T) {
			l := mustUp(t, labName(t))
			setRPS(t, l, c.rps)
			// Another load on the machine may keep the mover from its work, or
			// an ACK so long that TCP loses patience.
			for range 3 {
				res, err := Stream{CPU: -1, Migrate: 500 * time.Microsecond, Duration: patiently(time.Second)}.Run(t.Context(), l)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%+v", res)
				if res.Bytes > 0 && res.Moves > 0 && res.Retransmits > 0 == c.reordered {
					return
				}
			}
			t.Errorf("in no round retransmits were above 0: want %t", c.reordered)
		})
	}
}

func TestMovingErrors(t *testing.T) {
	for _, c := range []struct {
		at   placement
		want string
	}{
		{placement{0, time.Second}, "pinned to CPU 0"},
		{placement{-1, -time.Second}, "-1s"},
	} {
		for _, tr := range []Traffic{Stream{CPU: c.at.cpu, Migrate: c.at.migrate}, UDP{CPU: c.at.cpu, Migrate: c.at.migrate}} {
			if _, err := tr.Run(t.Context(), &Lab{}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v: got %v, want %q in it", tr, err, c.want)
			}
		}
	}
	if err := (placement{cpu: 1}).validate(); err != nil {
		t.Error(err)
	}
}

// Where moving has become impossible, what is sent ends with the reason.
func TestMoveThatFailsEndsTheRun(t *testing.T) {
	l := mustUp(t, labName(t))
	err := onThread(l.Ends[0].Netns, -1, func() error {
		cpus, err := allowedCPUs()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var moves uint64
		wait, err := startMoving(ctx, cancel, []int{cpus[0], 1023}, time.Millisecond, &moves)
		if err != nil {
			return err
		}
		<-ctx.Done()
		if err := wait(); !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "CPU 1023") || moves != 0 {
			t.Errorf("got %v after %d moves, want the reason after none", err, moves)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A container may have but one CPU.
func TestMovingNeedsTwoCPUs(t *testing.T) {
	l := mustUp(t, labName(t))
	cpus, err := allowedCPUs()
	if err != nil {
		t.Fatal(err)
	}
	err = onThread(l.Ends[0].Netns, cpus[0], func() error {
		_, err := cpusToMove()
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "needs two") {
		t.Errorf("got %v, want that it needs two", err)
	}
}
