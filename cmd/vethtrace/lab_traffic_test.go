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
	needTool(t, "setpriv")
	l := quietLab(t)
	cmd := vethtrace(t, "lab", "traffic", "ping", "--json", "--name", l.Name)
	less := exec.Command("setpriv", append([]string{"--bounding-set=-net_raw", "--inh-caps=-net_raw", cmd.Path}, cmd.Args[1:]...)...)
	less.Env = cmd.Env
	wantSentence(t, finish(t, less), exitFailure, "CAP_NET_RAW")
}

func TestLabTrafficMixed(t *testing.T) {
	onAnyKernel(t)
	name := labName(t)
	wantOK(t, "lab", "up", "bridge", "--name", name)
	var doc mixedJSON
	if err := json.Unmarshal([]byte(wantOK(t, "lab", "traffic", "--json", "-d", "500ms", "--name", name)), &doc); err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, r := range doc.Results {
		kinds = append(kinds, r.Kind)
		if r.Bytes == 0 || r.DurationNS == 0 {
			t.Errorf("got %+v", r)
		}
	}
	if got := strings.Join(kinds, " "); doc.Kind != "mixed" || doc.Lab != name || got != "rr stream ping udp" {
		t.Errorf("got %+v", doc)
	}
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
		out, err := exec.Command("ip", "netns", "exec", l.Ends[0].Netns, "ping", "-q", "-n", "-U", "-i", "0.005", "-c", "100",
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
	// -U is until its thread has the reply, as ours, not until the kernel has.
	if ratio < 0.3 || ratio > 6 {
		t.Errorf("got %.2f of what ping says", ratio)
	}
}

// Ctrl-C ends it early, with what was measured, also of a sender that waits.
func TestLabTrafficInterrupted(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "nstat")
	for args, at := range map[string]struct{ end, packets int }{
		"rr": {0, 20}, "stream": {0, 20}, "udp --rate 1M": {1, 20}, "ping --rate 1": {1, 1},
	} {
		l := quietLab(t)
		cmd := vethtrace(t, append([]string{"lab", "traffic", "-d", "0", "--name", l.Name}, strings.Fields(args)...)...)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, args+" has come", func() bool {
			return nstat(t, l.Ends[at.end].Netns, "IpInDelivers") >= uint64(at.packets)
		})
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if status := wait(t, cmd); status != 0 || strings.Count(out.String(), "\n") != 3 {
			t.Errorf("%s: got exit status %d, %q", args, status, out.String())
		}
	}
}

// Killed, nothing goes on: no socket is left, and the lab can be taken down.
func TestLabTrafficKilled(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "nstat")
	needTool(t, "ss")
	l := quietLab(t)
	for _, kind := range []string{"rr", "stream", "udp", "ping"} {
		cmd := vethtrace(t, "lab", "traffic", kind, "-d", "0", "--name", l.Name)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		before := nstat(t, l.Ends[1].Netns, "IpInDelivers")
		eventually(t, kind+" is sent", func() bool { return nstat(t, l.Ends[1].Netns, "IpInDelivers") > before+5 })
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		wait(t, cmd)
		for _, end := range l.Ends {
			// What TCP still has to say to the other end is the kernel's.
			eventually(t, kind+" left no socket", func() bool {
				return inside(t, end, "ss", "-Hnwtua", "state", "connected", "exclude", "time-wait") == ""
			})
		}
	}
	if got := runCommandLine(t, "lab", "down", "--name", l.Name); got != (output{}) {
		t.Errorf("lab down: got %+v", got)
	}
}
