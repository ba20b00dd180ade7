// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
)

// What is said follows from what is there, and nothing else is said.
func TestTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*tracer.Snapshot)
		want   []string
	}{
		"nothing": {func(s *tracer.Snapshot) { *s = *testSnapshot() }, nil},
		"one cause, one pair": {func(s *tracer.Snapshot) {
			s.Devices[1].Reordered, s.CPUs = 0, s.CPUs[:2]
			s.Devices[0].Order = &tracer.Order{Pairs: []tracer.OrderPair{{LateCPU: 0, OvertakerCPU: 1, Hops: 240}},
				Causes: [tracer.NumReorderCauses]uint64{tracer.CauseSenderMoved: 240}}
		}, []string{
			"1.2% of hops overtaken on host/veth57703b6 (CPU 0 after CPU 1): the sender moved between CPUs; " +
				"240 TCP segments sent again, 96.9% of the retransmits because of overtaking at a traced hop, 93.0% proven not needed",
			"next: `echo 3 >/sys/class/net/veth57703b6/queues/rx-0/rps_cpus` (RPS)",
		}},
		"only overtaking, and little": {func(s *tracer.Snapshot) {
			s.Retransmits, s.TCP, s.Devices[0].Reordered, s.Devices[1].Reordered = tracer.Retransmits{}, nil, 19, 0
		}, []string{"<0.1% of hops overtaken on host/veth57703b6 (mostly CPU 0 after CPU 1): the sender moved between CPUs (99.2%)"}},
		"order forgotten": {func(s *tracer.Snapshot) {
			s.Retransmits, s.TCP, s.Devices[0].Order, s.Devices[1].Reordered = tracer.Retransmits{}, nil, nil, 0
		}, []string{"1.2% of hops overtaken on host/veth57703b6"}},
		"one CPU, cause unknown": {func(s *tracer.Snapshot) {
			s.Retransmits, s.TCP, s.Devices[0].Reordered = tracer.Retransmits{}, nil, 0
			s.Devices[1].Reordered = 500
		}, []string{"2.5% of hops overtaken on a/eth0 (both on CPU 1): no cause was seen"}},
		"retransmits only": {func(s *tracer.Snapshot) {
			s.Devices[0].Reordered, s.Devices[1].Reordered = 0, 0
			s.Retransmits = tracer.Retransmits{Events: 4, Segs: 4, Verdicts: [tracer.NumVerdicts]uint64{tracer.VerdictLostAtHop: 3, tracer.VerdictUnknown: 1}}
		}, []string{"4 TCP segments sent again, 75.0% of the retransmits because of drops at a traced hop"}},
		"undecided": {func(s *tracer.Snapshot) {
			s.Devices[0].Reordered, s.Devices[1].Reordered = 0, 0
			s.Retransmits = tracer.Retransmits{Events: 1, Segs: 1, Pending: 1}
		}, []string{"1 TCP segment sent again, not known yet why"}},
	} {
		s := reorderedSnapshot()
		c.change(s)
		if diff := cmp.Diff(c.want, trouble(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Every cause and verdict has a sentence of its own.
func TestSentences(t *testing.T) {
	seen := make(map[string]bool)
	for c := range tracer.NumReorderCauses {
		seen[causeSentence(c)] = true
	}
	for v := range tracer.NumVerdicts {
		seen[verdictSentence(v)] = true
	}
	if want := int(tracer.NumReorderCauses) + int(tracer.NumVerdicts); len(seen) != want || seen[""] {
		t.Errorf("got %d sentences, want %d: %v", len(seen), want, seen)
	}
}

// RPS is advised only for what it cures, and as a command only if it is one.
func TestRPSAdvice(t *testing.T) {
	cures := []tracer.ReorderCause{tracer.CauseSenderMoved, tracer.CauseSoftirqSender, tracer.CauseSeveralSenders}
	for c := range tracer.NumReorderCauses {
		s := reorderedSnapshot()
		s.Devices[0].Order.Causes = [tracer.NumReorderCauses]uint64{}
		s.Devices[0].Order.Causes[c] = 1
		if got := rpsAdvice(s, &s.Devices[0]); (got != "") != slices.Contains(cures, c) {
			t.Errorf("%v: got %q", c, got)
		}
	}
	s := reorderedSnapshot()
	d := &s.Devices[0]
	for _, c := range []struct{ netns, ifname, want string }{
		{"host", "eth0", "`echo 7 >/sys/class/net/eth0/queues/rx-0/rps_cpus` (RPS)"},
		{"a", "eth0", "RPS: write 7 to /sys/class/net/eth0/queues/rx-0/rps_cpus in that namespace"},
		{"", "eth0", "RPS: write 7 to /sys/class/net/eth0/queues/rx-0/rps_cpus in that namespace"},
		{"host", "$(reboot)", "RPS: write 7 to rps_cpus of that device"},
		{"host", "", "RPS: write 7 to rps_cpus of that device"},
		{"host", "..", "RPS: write 7 to rps_cpus of that device"},
	} {
		d.Name.NetnsName, d.Name.Ifname = c.netns, c.ifname
		if got := rpsAdvice(s, d); got != c.want {
			t.Errorf("%s/%s: got %q, want %q", c.netns, c.ifname, got, c.want)
		}
	}
	s.CPUs = nil
	if got := rpsAdvice(s, d); got != "" {
		t.Errorf("without CPUs: got %q", got)
	}
}

func TestCPUMask(t *testing.T) {
	for _, c := range []struct {
		cpus []int
		want string
	}{{nil, ""}, {[]int{0, 1}, "3"}, {[]int{1}, "2"}, {[]int{0, 33}, "2,00000001"}, {[]int{96, 4}, "1,00000000,00000000,00000010"}} {
		var cpus []tracer.CPU
		for _, n := range c.cpus {
			cpus = append(cpus, tracer.CPU{CPU: n})
		}
		if got := cpuMask(cpus); got != c.want {
			t.Errorf("%v: got %q, want %q", c.cpus, got, c.want)
		}
	}
}

// Retransmits are shown also where no hop was traced.
func TestRetransmitsWithoutHops(t *testing.T) {
	s := reorderedSnapshot()
	s.Devices, s.Flows, s.CPUs, s.CPUPairs, s.Losses = nil, nil, nil, nil, tracer.Losses{}
	got := string(statText(t, s, 80))
	for _, want := range []string{"No hops: ", "\nRETRANSMITS ", "\nNAMESPACE COUNTERS "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// A command stays in one line, however narrow the others are.
func TestCommandsAreNotBroken(t *testing.T) {
	s := reorderedSnapshot()
	for i := range 128 {
		s.CPUs = append(s.CPUs, tracer.CPU{CPU: i})
	}
	next := trouble(s)[1]
	command := next[strings.Index(next, "`") : strings.LastIndex(next, "`")+1]
	for _, width := range []int{20, 80, 0} {
		if got := string(statText(t, s, width)); !strings.Contains(got, command) {
			t.Errorf("at %d columns there is no %q in\n%s", width, command, got)
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                        nil,
		"  a  b ":                 {"a", "b"},
		"next: `echo 3 >x` (RPS)": {"next:", "`echo 3 >x`", "(RPS)"},
		"try `a b`, then `c`; d":  {"try", "`a b`,", "then", "`c`;", "d"},
		"dev a`b c d`e f":         {"dev", "a`b", "c", "d`e", "f"}, // a name
		"`never ended":            {"`never", "ended"},
	} {
		if diff := cmp.Diff(want, words(text)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
