// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// capture is what tcpdump sees of UDP on one end of a lab.
type capture struct {
	t    testing.TB
	cmd  *exec.Cmd
	file string
	said *strings.Builder
}

// tcpdumpOn returns when tcpdump captures.
func tcpdumpOn(t testing.TB, e lab.End) *capture {
	t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("needs tcpdump")
	}
	c := &capture{t: t, file: filepath.Join(t.TempDir(), e.Netns+".pcap"), said: new(strings.Builder)}
	// -Z root: as another user it may not write there.
	c.cmd = exec.Command("ip", "netns", "exec", e.Netns,
		"tcpdump", "-Z", "root", "-n", "-U", "-s", "96", "-B", "65536", "-i", e.Ifname, "-w", c.file, "udp port 40002")
	said, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr = w
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	ready := make(chan bool, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer said.Close()
		buf := make([]byte, 4096)
		for {
			n, err := said.Read(buf)
			c.said.Write(buf[:n])
			if strings.Contains(c.said.String(), "listening on") {
				select {
				case ready <- true:
				default:
				}
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		if c.cmd.ProcessState == nil {
			_ = c.cmd.Process.Kill()
			_ = c.cmd.Wait()
		}
		<-done
	})
	select {
	case <-ready:
	case <-time.After(patience):
		t.Fatalf("tcpdump does not begin: %s", c.said)
	}
	return c
}

var droppedByKernel = regexp.MustCompile(`(\d+) packets? dropped by kernel`)

// sequence ends the capture and returns the numbers in the datagrams, in the
// order in which they were seen.
func (c *capture) sequence(want int) []uint64 {
	c.t.Helper()
	var numbers []uint64
	quiet := time.Now()
	poll(func() bool {
		b, err := os.ReadFile(c.file)
		if err != nil {
			c.t.Fatal(err)
		}
		if now := udpNumbers(b); len(now) != len(numbers) {
			numbers, quiet = now, time.Now()
		}
		// Some may have found no room in a backlog.
		return len(numbers) >= want || time.Since(quiet) > time.Second
	})
	if err := c.cmd.Process.Signal(unix.SIGINT); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait()
	if m := droppedByKernel.FindStringSubmatch(c.said.String()); m != nil && m[1] != "0" {
		c.t.Skipf("tcpdump lost packets, so the truth is not known: %s", m[0])
	}
	return numbers
}

// udpNumbers reads a pcap file of Ethernet frames with IPv4 and UDP.
func udpNumbers(b []byte) (numbers []uint64) {
	const fileHeader, recordHeader, frameHeaders = 24, 16, 14 + 20 + 8
	for b = b[min(len(b), fileHeader):]; len(b) >= recordHeader; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		if len(b) < recordHeader+n {
			break
		}
		if frame := b[recordHeader : recordHeader+n]; n >= frameHeaders+8 {
			numbers = append(numbers, binary.BigEndian.Uint64(frame[frameHeaders:]))
		}
		b = b[recordHeader+n:]
	}
	return numbers
}

// sendNumbered sends n datagrams with a number each, from one CPU.
func sendNumbered(t testing.TB, l *lab.Lab, n int) {
	t.Helper()
	inNetns(t, l.Ends[0].Netns, func() error { return sendRoundRobin(l, 0, []uint16{40001}, n) })
}

// sendRoundRobin sends n datagrams with a number each from one CPU, from these
// ports in turn. The calling thread is in the namespace.
func sendRoundRobin(l *lab.Lab, cpu int, ports []uint16, n int) error {
	var home, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &home); err != nil {
		return err
	}
	one.Set(cpu)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &home)
	var sockets []int
	for _, port := range ports {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := unix.Bind(fd, sockaddrOf(netip.AddrPortFrom(l.Ends[0].IPv4.Addr(), port))); err != nil {
			return err
		}
		sockets = append(sockets, fd)
	}
	to := sockaddrOf(netip.AddrPortFrom(l.Ends[1].IPv4.Addr(), 40002))
	for i := range n {
		if err := unix.Sendto(sockets[i%len(sockets)], binary.BigEndian.AppendUint64(nil, uint64(i+1)), 0, to); err != nil {
			return err
		}
	}
	return nil
}

// TestManyFlowsStayInOrder: two CPUs send at the same time, each flow from one of
// them.
func TestManyFlowsStayInOrder(t *testing.T) {
	onceInVM(t)
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	l := newLab(t)
	send(t, l, lab.Ping{Count: 1, CPU: 0})
	tr := labTrace(t, l)
	const flows = 100
	done := make(chan error)
	for cpu := range 2 {
		var ports []uint16
		for i := range flows {
			ports = append(ports, uint16(41000+1000*cpu+i))
		}
		go func() {
			done <- onThreadIn(l.Ends[0].Netns, func() error {
				return sendRoundRobin(l, cpu, ports, int(fewer(200_000)))
			})
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for _, f := range snapshot(t, tr).Flows {
		if f.Key.Src.Addr() != l.Ends[0].IPv4.Addr() || f.Key.Dst.Port() != 40002 {
			continue
		}
		seen++
		if f.Reordered != 0 {
			t.Errorf("%v: %d of %d hops overtaken, want none", f.Key, f.Reordered, f.Hops)
		}
	}
	if seen < 2*flows {
		t.Errorf("%d flows were seen, want %d", seen, 2*flows)
	}
}

// lateOf counts the numbers that come after a larger one.
func lateOf(numbers []uint64) (n uint64) {
	var most uint64
	for _, number := range numbers {
		if number < most {
			n++
		}
		most = max(most, number)
	}
	return n
}

// TestReorderIsTrue makes packets overtake each other by changing the RPS mask
// under load: those queued on one CPU wait for it to be interrupted, those on
// the other are delivered by the sender itself. tcpdump on both ends knows
// which did.
func TestReorderIsTrue(t *testing.T) {
	onceInVM(t)
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	for range 4 {
		if reordersTruly(t) {
			return
		}
	}
	t.Skip("nothing was overtaken here: the test says nothing")
}

// reordersTruly is one attempt. It says whether anything was overtaken.
func reordersTruly(t *testing.T) bool {
	l := newLab(t)
	send(t, l, lab.Ping{Count: 1, CPU: 0})
	tr := labTrace(t, l)
	sent, received := tcpdumpOn(t, l.Ends[0]), tcpdumpOn(t, l.Ends[1])
	stop, toggled := make(chan struct{}), make(chan error)
	go func() { toggled <- toggleRPS(l.Ends[1], stop) }()
	const count = 100_000
	n := count
	if inVM {
		n = count / 20
	}
	sendNumbered(t, l, n)
	close(stop)
	if err := <-toggled; err != nil {
		t.Fatal(err)
	}
	inSent, inReceived := sent.sequence(n), received.sequence(n)
	if lateOf(inSent) != 0 {
		t.Fatalf("%d of %d packets were sent out of order: the truth is not known", lateOf(inSent), len(inSent))
	}
	truth := lateOf(inReceived)
	f := flowIn(snapshot(t, tr), FlowKey{
		Proto: protoUDP,
		Src:   netip.AddrPortFrom(l.Ends[0].IPv4.Addr(), 40001),
		Dst:   netip.AddrPortFrom(l.Ends[1].IPv4.Addr(), 40002),
	})
	t.Logf("%d packets, %d captured, %d late by tcpdump, %d by the trace (%d hops)", n, len(inReceived), truth, f.Reordered, f.Hops)
	if truth == 0 && f.Reordered == 0 {
		return false
	}
	// Two CPUs that deliver in the same moment may pass the two hooks in
	// different order.
	if diff := max(truth, f.Reordered) - min(truth, f.Reordered); float64(diff) > 0.1*float64(truth)+3 {
		t.Errorf("%d packets are late by the trace, want %d", f.Reordered, truth)
	}
	if f.Order == nil {
		t.Fatal("nothing is known of their order")
	}
	t.Logf("causes %v, pairs %v, displacement up to %d, late p50 %d ns", f.Order.Causes, f.Order.Pairs, f.Order.MaxDisplacement, f.Order.Late.Quantile(0.5))
	if other := f.Reordered - f.Order.Causes[CauseRPSChanged]; float64(other) > 0.1*float64(f.Reordered)+2 {
		t.Errorf("causes %v, want rps_changed", f.Order.Causes)
	}
	if f.Order.Late.Count() != f.Reordered {
		t.Errorf("%d late packets are in the histogram, want %d", f.Order.Late.Count(), f.Reordered)
	}
	return true
}

// toggleRPS moves an end's packets between the CPUs until stop is closed.
func toggleRPS(e lab.End, stop <-chan struct{}) error {
	for i := 0; ; i++ {
		select {
		case <-stop:
			return nil
		case <-time.After(time.Millisecond):
		}
		if err := lab.SetRPS(e.Netns, e.Ifname, fmt.Sprint(1+i%2)); err != nil {
			return err
		}
	}
}
