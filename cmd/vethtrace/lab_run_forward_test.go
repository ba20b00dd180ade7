// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// pathOf is one of IPv4 with so many probes, of which the last ones ended
// otherwise than answered: at the bridge.
func pathOf(probes, answered int, otherwise packets.Outcome) forwardPath {
	device := func(netns, name string, n uint32) tracer.DeviceName {
		return tracer.DeviceName{DeviceID: tracer.DeviceID{Netns: n, Ifindex: 2}, NetnsName: "vethtrace-f-" + netns, Ifname: name}
	}
	eth, br, up := device("a", "eth0", 1), device("host", "br0", 2), device("up", "eth0", 3)
	p := forwardPath{Path: report.Path{Addr: netip.MustParseAddr("10.78.1.1"), Result: &packets.Result{}}}
	for i := range probes {
		j := packets.Journey{Out: []packets.Sighting{{Device: eth}, {Device: br}, {Device: br}}}
		var c *report.Cause
		if i < answered {
			j.Out, j.End.Outcome = append(j.Out, packets.Sighting{Device: up}), packets.Answered
		} else {
			j.End = packets.End{Outcome: otherwise, Last: &j.Out[2]}
			c = &report.Cause{ID: "forwarding_off", Sentence: "it does not forward", Sure: true,
				Cure: []string{"ip netns exec vethtrace-f-host sysctl -w net.ipv4.ip_forward=1"}}
			if otherwise == packets.Dropped {
				j.End.Last.Drop = &packets.Drop{Function: "ip_error"}
			}
		}
		p.Result.Journeys, p.Causes = append(p.Result.Journeys, j), append(p.Causes, c)
	}
	p.forwarding, p.refused = "1", uint64(probes-answered)
	return p
}

func forwardRuns(made, fault, cured forwardPath) []forwardRun {
	return []forwardRun{
		{"forwarding", []forwardPath{made}}, {"not forwarding", []forwardPath{fault}}, {"forwarding again", []forwardPath{cured}},
	}
}

func TestWriteForward(t *testing.T) {
	runs := forwardRuns(pathOf(3, 3, 0), pathOf(3, 0, packets.Dropped), pathOf(3, 3, 0))
	runs[1].paths[0].forwarding = "0"
	runs[2].paths[0].Result.Losses.Ringbuf = 4
	var got strings.Builder
	if err := writeForward(&got, forwardStory{name: "f"}, runs, []string{"somebody set it to 2"}); err != nil {
		t.Fatal(err)
	}
	const want = `the host is                            forwarding  not forwarding  forwarding again
net.ipv4.ip_forward                             1               0                 1
  IPv4 probes answered                     3 of 3          0 of 3            3 of 3
  devices on the way out                        3               2                 3
  the last of them                        up/eth0        host/br0           up/eth0
  dropped there by                              -        ip_error                 -
  cause                                         -  forwarding_off                 -
  IpInAddrErrors of the host's kernel           0               3                 0

IPv4: as made 3 of 3 probes were answered; with forwarding turned off in the
host no probe was answered, the first was dropped at host/br0 by ip_error,
because it does not forward; with it on again 3 of 3 probes were answered:
forwarding cured it.
On a host of your own, and in a file of /etc/sysctl.d to keep it:
  sysctl -w net.ipv4.ip_forward=1
warning: somebody set it to 2
warning: in run 3, IPv4, 4 sightings of packets were lost
Everything is undone: there is no lab f any more.
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, got.String())
	}
}

func TestForwardConclusion(t *testing.T) {
	for _, c := range []struct {
		made, fault, cured forwardPath
		want               string
		cure               []string
	}{
		{pathOf(1, 1, 0), pathOf(2, 1, packets.Refused), pathOf(1, 1, 0), "1 of 2 probes were answered, the first was refused at host/br0, because",
			[]string{"sysctl -w net.ipv4.ip_forward=1"}},
		{pathOf(1, 0, packets.Vanished), pathOf(1, 0, packets.Dropped), pathOf(1, 1, 0), "wrong from the start.", []string{}},
		{pathOf(1, 1, 0), pathOf(1, 1, 0), pathOf(1, 1, 0), "did not keep any packet.", []string{}},
		{pathOf(1, 1, 0), pathOf(1, 0, packets.Dropped), pathOf(1, 0, packets.Left), "did not cure it.", []string{}},
		{pathOf(0, 0, 0), pathOf(0, 0, 0), pathOf(0, 0, 0), "wrong from the start.", []string{}},
	} {
		runs := forwardRuns(c.made, c.fault, c.cured)
		if got := forwardConclusion(runs); !strings.Contains(got, c.want) {
			t.Errorf("got %q, want %q in it", got, c.want)
		}
		if got := forwardCure(runs); !slices.Equal(got, c.cure) {
			t.Errorf("got cure %q, want %q", got, c.cure)
		}
		if table := forwardTable(runs); len(table) != 8 {
			t.Errorf("got table %q", table)
		}
	}
	likely := pathOf(1, 0, packets.Dropped)
	likely.Causes[0].Sure = false
	if got := likely.becauseWords(); got != ", likely because it does not forward" {
		t.Errorf("got %q", got)
	}
}

func TestForwardJSON(t *testing.T) {
	runs := forwardRuns(pathOf(1, 1, 0), pathOf(1, 0, packets.NotSent), pathOf(0, 0, 0))
	runs[1].paths[0].Causes[0].Cure, runs[1].paths[0].forwarding = nil, "0"
	var got strings.Builder
	if err := writeForwardJSON(&got, forwardStory{count: 1}, runs, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"host":{"net.ipv4.ip_forward":"0"}`, `"family":"ipv4"`, `"reached":[]`, `"host_in_addr_errors":0`, `"answered":0`, `"cure":[]`, `"evidence":[]`, `"warnings":[]`, `"outcome":"not_sent"`,
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no %s in %s", want, got.String())
		}
	}
	if strings.Contains(got.String(), "null") {
		t.Errorf("null in %s", got.String())
	}
}

func TestFindCounter(t *testing.T) {
	const snmp = "Ip: Forwarding InAddrErrors\nIp: 1 7\nIcmp: InMsgs InErrors\nIcmp: 5 6\nTcpExt: TCPKeepAlive\nTcpExt: 3\n"
	const snmp6 = "Ip6InReceives                   	19\nIp6InAddrErrors                 	4\n"
	for name, want := range map[string]string{"IpInAddrErrors": "7", "IcmpInErrors": "6", "TcpExtTCPKeepAlive": "3", "Ip6InAddrErrors": "4", "InAddrErrors": "", "Ip": ""} {
		if got, ok := findCounter(snmp+snmp6, name); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %t, want %q", name, got, ok, want)
		}
	}
}
