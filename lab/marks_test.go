// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"
	"slices"
	"testing"
)

// told is a mark without what differs each time.
func told(m Mark) string {
	verb := "set"
	if m.Undone {
		verb = "undone"
	}
	return fmt.Sprintf("%s %s %s%s in %s: %s -> %s", m.Lab, verb, m.Kind, m.Key, m.Netns, m.Before, m.After)
}

func wantMarks(t *testing.T, m *Marks, want ...string) {
	t.Helper()
	var got []string
	var last uint64
	for _, mark := range m.New() {
		got = append(got, told(mark))
		if mark.TimeNS < last || mark.TimeNS > monotonicNS() {
			t.Errorf("%s: at %d, the one before at %d, now is %d", told(mark), mark.TimeNS, last, monotonicNS())
		}
		last = mark.TimeNS
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMarks(t *testing.T) {
	name, other := labName(t), labName(t)
	b := mustUp(t, name).Ends[1].Netns
	rps := Setting{Kind: RPSKind, Netns: b, Device: "eth0", Value: "1"}
	sack := Setting{Kind: SysctlKind, Netns: b, Key: "net.ipv4.tcp_sack", Value: "0"}
	mustApply(t, name, rps)
	m := FollowMarks()
	wantMarks(t, m) // what was there is none

	start := monotonicNS()
	mustApply(t, name, sack)
	mustApply(t, other, Setting{Kind: SysctlKind, Netns: b, Key: "net.ipv4.tcp_dsack", Value: "0"})
	wantMarks(t, m, name+" set sysctlnet/ipv4/tcp_sack in "+b+": 1 -> 0", other+" set sysctlnet/ipv4/tcp_dsack in "+b+": 1 -> 0")
	if start > monotonicNS() {
		t.Error("the clock went backwards")
	}
	mustApply(t, name, sack) // changes nothing
	wantMarks(t, m)

	// What was undone is what is there now, whoever set it.
	command(t, "ip", "netns", "exec", b, "sysctl", "-qw", "net.ipv4.tcp_sack=2")
	if _, err := Undo(name); err != nil {
		t.Fatal(err)
	}
	wantMarks(t, m, name+" undone sysctlnet/ipv4/tcp_sack in "+b+": 0 -> 2", name+" undone rps in "+b+": 1 -> 0")

	mustApply(t, name, rps)
	wantMarks(t, m, name+" set rps in "+b+": 0 -> 1")
	for _, n := range []string{other, name} {
		if err := Down(n); err != nil {
			t.Fatal(err)
		}
	}
	// Nothing can be read where nothing is any more.
	for _, mark := range m.New() {
		if !mark.Undone || mark.Kind == RPSKind && mark.After != "" {
			t.Errorf("got %s", told(mark))
		}
	}
}

// A journal that cannot be read is nobody's change, and not that it was undone.
func TestMarksOfBrokenJournal(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	name := labName(t)
	b := mustUp(t, name).Ends[1].Netns
	m := FollowMarks()
	mustApply(t, name, Setting{Kind: SysctlKind, Netns: b, Key: "net.ipv4.tcp_sack", Value: "0"})
	whole, err := os.ReadFile(journalPath(name))
	if err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{"", "{", `{"version":99}`, string(whole[:len(whole)/2])} {
		if err := os.WriteFile(journalPath(name), []byte(broken), 0o644); err != nil {
			t.Fatal(err)
		}
		wantMarks(t, m)
	}
	if err := os.WriteFile(journalPath(name), whole, 0o644); err != nil {
		t.Fatal(err)
	}
	wantMarks(t, m, name+" set sysctlnet/ipv4/tcp_sack in "+b+": 1 -> 0")
}
