// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// deviceCounts are what a device has received, as ip says.
func deviceCounts(t *testing.T, end lab.End) (packets, size float64) {
	t.Helper()
	var links []struct {
		Stats64 struct {
			RX struct{ Packets, Bytes float64 }
		}
	}
	if err := json.Unmarshal([]byte(inside(t, end, "ip", "-s", "-j", "link", "show", end.Ifname)), &links); err != nil || len(links) != 1 {
		t.Fatalf("got %v, %v", links, err)
	}
	return links[0].Stats64.RX.Packets, links[0].Stats64.RX.Bytes
}

// The device at the other end receives at the rate that was asked for.
func TestLabTrafficRate(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	for _, c := range []struct {
		args    string
		packets bool // or bytes
		want    float64
	}{
		{"udp --rate 8M --size 1000", true, 1000},
		{"udp --rate 8M --size 1000 --connections 2", true, 2000},
		{"ping --rate 200", true, 200},
		{"rr --rate 500", true, 500}, // each request acknowledges the response before
		{"stream --rate 80M", false, 10e6},
	} {
		// Another load on the machine may hold a sender up for longer than it
		// catches up.
		for round := 1; ; round++ {
			packets, size := deviceCounts(t, l.Ends[1])
			doc := traffic(t, append(strings.Fields(c.args), "--json", "-d", "1s", "--name", l.Name)...)
			packetsAfter, sizeAfter := deviceCounts(t, l.Ends[1])
			got := sizeAfter - size
			if c.packets {
				got = packetsAfter - packets
			}
			got *= 1e9 / float64(doc.DurationNS)
			if got > 0.9*c.want && got < 1.1*c.want {
				t.Logf("%s: the device says %.0f a second", c.args, got)
				break
			}
			if got >= 1.1*c.want || round == 3 {
				t.Errorf("%s: the device says %.0f a second, want %.0f; %+v", c.args, got, c.want, doc)
				break
			}
		}
	}
}

// Each datagram that is counted as sent is one packet of that length.
func TestLabTrafficCaptured(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "tcpdump")
	l := quietLab(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "seen"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	capture := exec.Command("ip", "netns", "exec", l.Ends[1].Netns, "tcpdump", "-nl", "--immediate-mode", "-i", "eth0", "udp")
	capture.Stdout, capture.Stderr = file, file
	if err := capture.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { capture.Process.Kill() })
	saw := func(word string) uint64 {
		text, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		return uint64(bytes.Count(text, []byte(word)))
	}
	eventually(t, "tcpdump listens", func() bool { return saw("listening on") > 0 })
	doc := traffic(t, "udp", "--size", "321", "--rate", "2M", "-d", "500ms", "--json", "--name", l.Name)
	eventually(t, "tcpdump saw all", func() bool { return saw(": UDP, length 321\n") >= *doc.Sent })
	if err := capture.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	status := wait(t, capture)
	if got := saw("UDP"); status != 0 || got != *doc.Sent || got != *doc.Received || got < 100 {
		t.Errorf("tcpdump ended with %d and saw %d datagrams, %d were sent and %d received", status, got, *doc.Sent, *doc.Received)
	}
}

// ss knows the connections, and what each has sent by now.
func TestLabTrafficSockets(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "ss")
	l := quietLab(t)
	_, end := keepSending(t, "rr", "--connections", "3", "--rate", "500", "--name", l.Name)
	sent := regexp.MustCompile(`bytes_sent:(\d+)`)
	var sum uint64
	eventually(t, "ss sees three connections that have sent", func() bool {
		sum = 0
		found := sent.FindAllStringSubmatch(inside(t, l.Ends[0], "ss", "-Htin", "state", "established"), -1)
		for _, m := range found {
			n, err := strconv.ParseUint(m[1], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			sum += n
		}
		return len(found) == 3 && sum > 300
	})
	doc := end(syscall.SIGINT)
	// A request of each connection may not have been answered yet.
	if *doc.Transactions+3 < sum || doc.Connections != 3 || *doc.Transactions != doc.Bytes/2 {
		t.Errorf("ss saw %d bytes sent; %+v", sum, doc)
	}
	if left := inside(t, l.Ends[0], "ss", "-Htn", "state", "established"); left != "" {
		t.Errorf("afterwards there is %s", left)
	}
}

// iperf3 sends in the same run, in turn: the machine is as fast for both.
func TestLabTrafficStreamAgainstIperf3(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "iperf3")
	l := quietLab(t)
	var ours, theirs []float64
	for range 3 {
		ours = append(ours, float64(traffic(t, "stream", "-d", "1s", "--json", "--name", l.Name).BitsPerSecond))
		theirs = append(theirs, iperf3(t, l))
	}
	ratio := spreadOf(ours).median / spreadOf(theirs).median
	t.Logf("%.1f Gbit/s, iperf3 says %.1f: %.2f of it", spreadOf(ours).median/1e9, spreadOf(theirs).median/1e9, ratio)
	if ratio < 0.3 || ratio > 3 {
		t.Errorf("got %.2f of what iperf3 says", ratio)
	}
}

// iperf3 streams for a second from end a to end b, and says how many bits a
// second have arrived.
func iperf3(t *testing.T, l *lab.Lab) float64 {
	t.Helper()
	server := exec.Command("ip", "netns", "exec", l.Ends[1].Netns, "iperf3", "-s", "-1")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.Process.Kill() // has ended after its client, if there was one
		server.Wait()
	}()
	eventually(t, "iperf3 listens", func() bool { return inside(t, l.Ends[1], "ss", "-Hltn", "sport = 5201") != "" })
	out := inside(t, l.Ends[0], "iperf3", "-c", l.Ends[1].IPv4.Addr().String(), "-t", "1", "-J")
	var doc struct {
		End struct {
			Received struct {
				Rate float64 `json:"bits_per_second"`
			} `json:"sum_received"`
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || doc.End.Received.Rate == 0 {
		t.Fatalf("got %v, %s", err, out)
	}
	return doc.End.Received.Rate
}

// A device that goes away ends it, with what was measured and why.
func TestLabTrafficFails(t *testing.T) {
	needTool(t, "nstat")
	l := quietLab(t)
	cmd := vethtrace(t, "lab", "traffic", "udp", "-d", "0", "--name", l.Name)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "datagrams arrive", func() bool { return nstat(t, l.Ends[1].Netns, "UdpInDatagrams") > 10 })
	inside(t, l.Ends[0], "ip", "link", "set", "eth0", "down")
	status := wait(t, cmd)
	_, table, _ := strings.Cut(out.String(), "\n")
	wantSentence(t, output{stderr: complaints.String(), status: status}, exitFailure, "network is unreachable")
	sent, err := strconv.ParseUint(tableCells(t, table)["sent"], 10, 64)
	if was := nstat(t, l.Ends[0].Netns, "UdpOutDatagrams"); err != nil || sent < 10 || sent > was {
		t.Errorf("%d datagrams were sent, the kernel says %d; %v", sent, was, err)
	}
}
