// SPDX-License-Identifier: Apache-2.0

package path

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

// capture is tcpdump on one device.
type capture struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
}

// startCapture returns when packets are captured.
func startCapture(t *testing.T, netns, device, filter string) *capture {
	t.Helper()
	cmd := exec.Command("ip", "netns", "exec", netns, "tcpdump", "-nn", "-tt", "-l", "--immediate-mode", "-i", device, filter)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &capture{t, cmd, make(chan string, 1000)}
	t.Cleanup(func() { cmd.Process.Kill() })
	ready := bufio.NewReader(stderr)
	for {
		line, err := ready.ReadString('\n')
		if err != nil {
			t.Fatalf("tcpdump on %s: %v", device, err)
		}
		if strings.HasPrefix(line, "listening on") {
			break
		}
	}
	go io.Copy(io.Discard, ready)
	go func() {
		defer close(c.lines)
		for in := bufio.NewScanner(stdout); in.Scan(); {
			if line := in.Text(); line != "" { // it ends with an empty one
				c.lines <- line
			}
		}
	}()
	return c
}

// until returns what was captured once there are n packets, and what comes in a
// short while after.
func (c *capture) until(n int) (all []string) {
	deadline := time.After(patience)
	for len(all) < n {
		select {
		case line := <-c.lines:
			all = append(all, line)
		case <-deadline:
			return all
		}
	}
	// All has been seen by the follower, so it is in the sockets of tcpdump.
	if err := c.cmd.Process.Signal(os.Interrupt); err != nil {
		c.t.Fatal(err)
	}
	for line := range c.lines {
		all = append(all, line)
	}
	_ = c.cmd.Wait() // it was interrupted
	return all
}

var tcpdumpWords = []*regexp.Regexp{
	// 1764.1 IP 10.88.1.2 > 10.88.2.2: ICMP echo request, id 8810, seq 1, length 64
	regexp.MustCompile(`IP6? (\S+) > (\S+): ICMP6?, echo (?:request|reply), id (\d+)`),
	regexp.MustCompile(`IP6? (\S+) > (\S+): ICMP echo (?:request|reply), id (\d+)`),
	// 1764.1 IP 10.88.2.2 > 10.88.1.2: ICMP 10.88.2.2 udp port 4321 unreachable, length 92
	regexp.MustCompile(`IP6? (\S+) > (\S+): (ICMP).*unreach`),
	// 1764.1 IP 10.88.1.2.40000 > 10.88.2.2.4321: Flags [S], ...
	regexp.MustCompile(`IP6? (\S+)\.(\d+) > (\S+)\.(\d+): `),
}

// words is a captured packet as packetWords has a sighting.
func words(t *testing.T, line string) string {
	t.Helper()
	for i, re := range tcpdumpWords {
		m := re.FindStringSubmatch(line)
		switch {
		case m == nil:
		case i == len(tcpdumpWords)-1:
			return fmt.Sprintf("%s %s > %s %s", m[1], m[2], m[3], m[4])
		default:
			return fmt.Sprintf("%s > %s %s", m[1], m[2], m[3])
		}
	}
	t.Errorf("tcpdump says %q, which this test does not understand", line)
	return line
}

func packetWords(s *Sighting) string {
	f := s.Flow
	switch {
	case s.ICMP != nil:
		return fmt.Sprintf("%v > %v ICMP", f.Src.Addr(), f.Dst.Addr())
	case f.ID != 0:
		return fmt.Sprintf("%v > %v %d", f.Src.Addr(), f.Dst.Addr(), f.ID)
	}
	return fmt.Sprintf("%v %d > %v %d", f.Src.Addr(), f.Src.Port(), f.Dst.Addr(), f.Dst.Port())
}

// On each device of the way the same packets are seen as by tcpdump, with the
// same addresses, as often.
func TestAgreesWithTcpdump(t *testing.T) {
	n := pathtest.New(t)
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skipf("needs tcpdump: %v", err)
	}
	pathtest.Listen(t, n.Server, 4321)
	for _, c := range []struct {
		proto  uint8
		ipv6   bool
		filter string
		// port, if it is not the one that is listened to.
		port uint16
	}{
		{protoICMP, false, "icmp", 0},
		{protoICMPv6, true, "icmp6 and (ip6[40] = 128 or ip6[40] = 129)", 0},
		{protoUDP, false, "udp", 0},
		{protoUDP, true, "udp", 0},
		{protoUDP, false, "icmp or udp", 4322},
		{protoTCP, false, "tcp[tcpflags] & tcp-syn != 0", 0},
		{protoTCP, true, "ip6 proto 6 and ip6[53] & 2 != 0", 0}, // SYN
	} {
		t.Run(fmt.Sprintf("proto %d, IPv6 %t, %s", c.proto, c.ipv6, c.filter), func(t *testing.T) {
			captures := make(map[string]*capture)
			for _, d := range [][2]string{
				{n.Client, pathtest.Eth0}, {n.Router, pathtest.Port}, {n.Router, pathtest.Bridge},
				{n.Router, pathtest.Out}, {n.Server, pathtest.Eth0},
			} {
				captures[d[0]+"/"+d[1]] = startCapture(t, d[0], d[1], c.filter)
			}
			to := n.V4.Server
			if c.ipv6 {
				to = n.V6.Server
			}
			opts := fromClient(t, n, to, c.proto)
			if c.port != 0 {
				opts.Port = c.port
			}
			seen := make(map[string][]string)
			for _, j := range mustRun(t, opts) {
				t.Logf("probe %d: %s", j.Probe.Number, story(n, &j))
				for _, s := range append(append([]Sighting(nil), j.Out...), j.Back...) {
					if s.Point == PointXmit || s.Point == PointReceive {
						seen[s.Device.String()] = append(seen[s.Device.String()], packetWords(&s))
					}
				}
			}
			if len(seen) != len(captures) {
				t.Errorf("seen at %q, want %d devices", slices.Sorted(maps.Keys(seen)), len(captures))
			}
			for device, capture := range captures {
				var captured []string
				for _, line := range capture.until(len(seen[device])) {
					captured = append(captured, words(t, line))
				}
				slices.Sort(captured)
				slices.Sort(seen[device])
				if !slices.Equal(captured, seen[device]) {
					t.Errorf("%s: followed %q, tcpdump has %q", device, seen[device], captured)
				}
				if len(captured) != 6 {
					t.Errorf("%s: tcpdump has %d packets, want 3 each way", device, len(captured))
				}
			}
		})
	}
}
