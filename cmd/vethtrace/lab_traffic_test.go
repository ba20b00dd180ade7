// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

func TestLabTrafficUsage(t *testing.T) {
	onAnyKernel(t)
	for args, want := range map[string]string{
		"rr -d -1s":                      "is negative",
		"rr --connections 0":             "--connections 0 is not between",
		"rr --connections 100000":        "--connections 100000 is not between",
		"rr --size 0":                    "--size 0 is not between",
		"udp --size 15":                  "--size 15 is not between",
		"ping --size 65508":              "--size 65508 is not between",
		"stream --rate fast":             "want 0, or a number",
		"stream --rate -1":               "want 0, or a number",
		"stream --cpu -2":                "is no CPU",
		"stream --migrate -1ms":          "is negative",
		"stream --cpu 0 --migrate 500us": "contradict each other",
		"ping --connections 2":           "--connections",
		"rr extra":                       "extra",
	} {
		t.Run(args, func(t *testing.T) {
			got := runCommandLine(t, append([]string{"lab", "traffic"}, append(strings.Fields(args), "--name", "not-even-up")...)...)
			wantSentence(t, got, exitUsage, want)
		})
	}
	needRoot(t)
	wantSentence(t, runCommandLine(t, "lab", "traffic", "rr", "--name", "not-even-up"), exitFailure, "there is no such lab")
	name := labName(t)
	wantOK(t, "lab", "up", "bridge", "--containers", "1", "--name", name)
	wantSentence(t, runCommandLine(t, "lab", "traffic", "rr", "--name", name, "--to", "c"), exitUsage, "its ends are a, host, up")
}

func TestLabTrafficWithoutRights(t *testing.T) {
	onAnyKernel(t)
	wantSentence(t, finish(t, asNobody(t, "lab", "traffic", "ping", "--name", "nobodys")), exitFailure, "CAP_NET_ADMIN and CAP_SYS_ADMIN")
}

func traffic(t *testing.T, args ...string) (doc trafficJSON) {
	t.Helper()
	text := wantOK(t, append([]string{"lab", "traffic"}, args...)...)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return doc
}

// nstat returns one of the kernel's counters of a namespace since it was made.
func nstat(t *testing.T, netns, name string) uint64 {
	t.Helper()
	out, err := exec.Command("ip", "netns", "exec", netns, "nstat", "-asz", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m := regexp.MustCompile(name + ` +(\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("nstat has no %s: %s", name, out)
	}
	n, err := strconv.ParseUint(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Every kind over every way there is, against the counters of the kernel.
func TestLabTrafficKinds(t *testing.T) {
	needTool(t, "nstat")
	topologies := []string{"veth", "bridge", "routed", "macvlan"}
	if inVM {
		topologies = []string{"ipvlan-l2"}
	}
	for _, topology := range topologies {
		for _, family := range []string{"ipv4", "ipv6"} {
			t.Run(topology+" "+family, func(t *testing.T) {
				name := labName(t)
				wantOK(t, "lab", "up", topology, "--name", name)
				a := "vethtrace-" + name + "-a"
				common := []string{"--json", "--name", name, "-d", "300ms", fmt.Sprintf("--ipv6=%t", family == "ipv6")}
				rr := traffic(t, append([]string{"rr", "--connections", "2"}, common...)...)
				if rr.Kind != "rr" || rr.Family != family || rr.Connections != 2 || *rr.Transactions == 0 || rr.Latency.Count != *rr.Transactions ||
					rr.Bytes != 2**rr.Transactions || rr.From.NetnsName != a {
					t.Errorf("got %+v, %+v", rr, rr.Latency)
				}
				if got := nstat(t, a, "TcpActiveOpens"); got != 2 {
					t.Errorf("%d connections were opened, want 2", got)
				}
				stream := traffic(t, append([]string{"stream"}, common...)...)
				if stream.Bytes == 0 || stream.BitsPerSecond == 0 || stream.Transactions != nil || stream.Latency != nil {
					t.Errorf("got %+v", stream)
				}
				if got := nstat(t, a, "TcpRetransSegs"); got != *stream.RetransmitSegs+*rr.RetransmitSegs {
					t.Errorf("%d segments were sent again, the kernel says %d", *stream.RetransmitSegs, got)
				}
				udp := traffic(t, append([]string{"udp", "--rate", "1M", "--size", "1000"}, common...)...)
				counter := map[string]string{"ipv4": "UdpOutDatagrams", "ipv6": "Udp6OutDatagrams"}[family]
				if got := nstat(t, a, counter); *udp.Sent == 0 || *udp.Sent != got || *udp.Received+*udp.Lost != *udp.Sent || udp.Latency.Count != *udp.Received {
					t.Errorf("got %d sent, %d received, %d lost; the kernel sent %d", *udp.Sent, *udp.Received, *udp.Lost, got)
				}
				ping := traffic(t, append([]string{"ping", "--rate", "50"}, common...)...)
				counter = map[string]string{"ipv4": "IcmpOutEchos", "ipv6": "Icmp6OutEchos"}[family]
				if got := nstat(t, a, counter); *ping.Sent == 0 || *ping.Sent != got || ping.RetransmitSegs != nil {
					t.Errorf("got %d sent, the kernel %d", *ping.Sent, got)
				}
			})
		}
	}
}

// What the ping that everybody has says of the same way, in the same run.
func TestLabTrafficPingAgainstPing(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "ping")
	l := quietLab(t)
	var ours, theirs []float64
	for range 5 {
		doc := traffic(t, "ping", "--json", "--name", l.Name, "--rate", "200", "-d", "500ms")
		ours = append(ours, float64(doc.Latency.MeanNS))
		out, err := exec.Command("ip", "netns", "exec", l.Ends[0].Netns, "ping", "-q", "-n", "-i", "0.005", "-c", "100",
			l.Ends[1].IPv4.Addr().String()).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		m := regexp.MustCompile(`= [\d.]+/([\d.]+)/`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("no average in %s", out)
		}
		ms, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		theirs = append(theirs, ms*1e6)
	}
	ratio := spreadOf(ours).median / spreadOf(theirs).median
	t.Logf("mean round trip %.1f us, ping says %.1f us: %.2f of it", spreadOf(ours).median/1e3, spreadOf(theirs).median/1e3, ratio)
	// ping takes the kernel's time of arrival, ours ends when its thread runs.
	if ratio < 0.3 || ratio > 15 {
		t.Errorf("got %.2f of what ping says", ratio)
	}
}

// Ctrl-C ends it early, with what was measured; killed, nothing goes on.
func TestLabTrafficSignalled(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	cmd := vethtrace(t, "lab", "traffic", "rr", "-d", "0", "--name", l.Name)
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if status := wait(t, cmd); status != 0 || !strings.Contains(out.String(), "trans/s") || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("got exit status %d, %q", status, out.String())
	}
	cmd = vethtrace(t, "lab", "traffic", "udp", "-d", "0", "--name", l.Name)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "datagrams are sent", func() bool { return nstat(t, l.Ends[0].Netns, "UdpOutDatagrams") > 0 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	wait(t, cmd)
	if _, err := lab.Show(l.Name); err != nil {
		t.Error(err)
	}
	if got := runCommandLine(t, "lab", "down", "--name", l.Name); got != (output{}) {
		t.Errorf("lab down: got %+v", got)
	}
}

// A sender that is pinned is seen on its CPU only, one that is moved on several:
// the kernel's own counts of what each CPU did with packets.
func TestLabTrafficPlacement(t *testing.T) {
	onAnyKernel(t)
	needTwoCPUs(t)
	l := quietLab(t)
	pinned := traffic(t, "stream", "--json", "--name", l.Name, "-d", "500ms", "--cpu", "1", "--rate", "100M")
	if pinned.Moves != 0 || *pinned.CPU != 1 {
		t.Errorf("got %+v", pinned)
	}
	moved := traffic(t, "stream", "--json", "--name", l.Name, "-d", "1s", "--migrate", "1ms")
	if moved.Moves == 0 || moved.MigrateNS != 1e6 || moved.CPU != nil {
		t.Errorf("got %+v", moved)
	}
}
