// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// deltas runs traffic and returns what the device of end b received and of
// end a.
func deltas(t *testing.T, name string, tr Traffic) (res Result, atB, atA uint64) {
	t.Helper()
	before, err := Show(name)
	if err != nil {
		t.Fatal(err)
	}
	if res, err = tr.Run(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	after, err := Show(name)
	if err != nil {
		t.Fatal(err)
	}
	return res, after.Ends[1].RXPackets - before.Ends[1].RXPackets, after.Ends[0].RXPackets - before.Ends[0].RXPackets
}

func TestTrafficPasses(t *testing.T) {
	name := labName(t)
	mustUp(t, name)
	for _, ipv6 := range []bool{false, true} {
		res, atB, atA := deltas(t, name, Ping{IPv6: ipv6, Count: 20, CPU: -1})
		if res.Packets != 20 || res.Received != 20 || res.Bytes != 2*20*56 || atB < 20 || atA < 20 {
			t.Errorf("ping, IPv6 %t: %+v, %d packets at b, %d at a", ipv6, res, atB, atA)
		}
		res, atB, atA = deltas(t, name, RequestResponse{IPv6: ipv6, Count: 100, Size: 3, CPU: -1})
		if res.Transactions != 100 || res.Bytes != 600 || atB < 100 || atA < 100 {
			t.Errorf("request/response, IPv6 %t: %+v, %d packets at b, %d at a", ipv6, res, atB, atA)
		}
		const size = 10<<20 + 1
		res, atB, _ = deltas(t, name, Stream{IPv6: ipv6, Bytes: size, CPU: -1})
		if res.Bytes != size || atB < size>>16 {
			t.Errorf("stream, IPv6 %t: %+v, %d packets at b", ipv6, res, atB)
		}
		res, atB, _ = deltas(t, name, UDP{IPv6: ipv6, Count: 200, Size: 100, Interval: 100 * time.Microsecond, CPU: -1})
		if res.Packets != 200 || res.Received != 200 || res.Bytes != 200*100 || atB < 200 {
			t.Errorf("UDP, IPv6 %t: %+v, %d packets at b", ipv6, res, atB)
		}
	}
}

func TestStreamKeepsRate(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	res, err := Stream{Rate: 80e6, Bytes: 5e6, CPU: -1}.Run(t.Context(), l)
	if err != nil {
		t.Fatal(err)
	}
	// 5 MB at 80 Mbit/s is 500 ms; a burst of maxLag and one chunk are free.
	if res.Duration < 430*time.Millisecond {
		t.Errorf("got %v, want at least 430ms", res.Duration)
	}
}

func TestTrafficEndsWithContext(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	for _, tr := range []Traffic{
		RequestResponse{CPU: -1}, RequestResponse{Interval: time.Hour, CPU: -1}, Stream{CPU: -1},
		Stream{Rate: 1e6, CPU: -1}, Ping{CPU: -1}, Ping{Interval: time.Hour, CPU: -1}, UDP{CPU: -1, Interval: time.Hour},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		start := time.Now()
		res, err := tr.Run(ctx, l)
		cancel()
		if err != nil || time.Since(start) > patiently(1500*time.Millisecond) {
			t.Errorf("%+v: got %+v, %v after %v", tr, res, err, time.Since(start))
		}
	}
}

// With the link down nothing answers, and nothing may hang on that.
func TestTrafficOverDeadLinkEndsWithContext(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	command(t, "ip", "-n", l.Ends[1].Netns, "link", "set", "eth0", "down")
	for _, tr := range []Traffic{RequestResponse{CPU: -1}, Stream{CPU: -1}, Ping{CPU: -1}, UDP{CPU: -1, Interval: time.Millisecond}} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		start := time.Now()
		res, _ := tr.Run(ctx, l)
		cancel()
		if res.Received != 0 || res.Transactions != 0 || res.Bytes != 0 || time.Since(start) > 2500*time.Millisecond {
			t.Errorf("%+v: got %+v after %v", tr, res, time.Since(start))
		}
	}
}

// Without RPS the backlog runs on the CPU that sent, which the receiving
// socket remembers.
func TestPinnedSenderStaysOnItsCPU(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		t.Fatal(err)
	}
	for cpu := range 1024 {
		if !allowed.IsSet(cpu) || cpu > 3 {
			continue
		}
		var right, wrong atomic.Uint64
		see := func(s *socket) {
			got, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_INCOMING_CPU)
			if err == nil && got == -1 {
				return // came before the socket was connected
			}
			if err == nil && got == cpu {
				right.Add(1)
			} else {
				wrong.Add(1)
			}
		}
		for _, tr := range []Traffic{
			RequestResponse{Count: 500, CPU: cpu, onRequest: see},
			UDP{Count: 500, Interval: 500 * time.Microsecond, CPU: cpu, onDatagram: see},
		} {
			if _, err := tr.Run(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		if right.Load() < 900 || wrong.Load() != 0 {
			t.Errorf("CPU %d: %d packets came from it and %d from others", cpu, right.Load(), wrong.Load())
		}
	}
	if _, err := (Ping{Count: 1, CPU: 1023}).Run(t.Context(), l); err == nil {
		t.Error("pinning to CPU 1023 works")
	}
}

func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func TestMixedIsLight(t *testing.T) {
	name := labName(t)
	mustUp(t, name)
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	before, start := cpuTime(t), time.Now()
	results, err := Mixed(ctx, name)
	share := 100 * float64(cpuTime(t)-before) / float64(time.Since(start))
	if err != nil {
		t.Fatal(err)
	}
	for _, res := range results {
		if res.Bytes == 0 || res.Duration < time.Second {
			t.Errorf("got %+v", res)
		}
		t.Logf("%+v", res)
	}
	if t.Logf("%.1f %% of one CPU", share); inVM {
		t.Skip("needs a CPU that is not emulated, to have a share of")
	}
	if share > 30 {
		t.Errorf("got %.1f %% of one CPU, want at most 30", share)
	}
}

func TestNoIPv6IsAnError(t *testing.T) {
	if _, err := (Ping{IPv6: true, CPU: -1}).Run(t.Context(), &Lab{Name: "x"}); err == nil {
		t.Error("no error")
	}
	if _, err := Mixed(t.Context(), "no-such-lab"); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(journalPath("no-such-lab")); err == nil {
		t.Error("a journal was made")
	}
}

// Threads that sent are put back: the first one of a process does not end, and
// is what /proc/self shows.
func TestTrafficPutsThreadsBack(t *testing.T) {
	l := mustUp(t, labName(t))
	state := func(task string) string {
		ns, err := os.Readlink("/proc/self/task/" + task + "/ns/net")
		if err != nil {
			return "" // ended
		}
		status, err := os.ReadFile("/proc/self/task/" + task + "/status")
		if err != nil {
			return ""
		}
		_, cpus, _ := strings.Cut(string(status), "Cpus_allowed_list:")
		cpus, _, _ = strings.Cut(cpus, "\n")
		return ns + cpus
	}
	want := state(strconv.Itoa(os.Getpid()))
	for range 5 {
		for _, tr := range []Traffic{
			RequestResponse{Count: 10, CPU: 0, PinServer: true, Connections: 8}, UDP{Count: 10, CPU: 0, Connections: 8},
			Stream{Bytes: 1 << 20, CPU: 0}, Ping{Count: 2, CPU: 0},
		} {
			if _, err := tr.Run(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			if got := state(task.Name()); got != "" && got != want {
				t.Errorf("thread %s: got %q, want %q", task.Name(), got, want)
			}
		}
	}
}
