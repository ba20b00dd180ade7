// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// manyChanges are of every kind, some twice, in a namespace that is not the
// lab's.
func manyChanges(netns string) []Setting {
	return []Setting{
		{Kind: RPSKind, Netns: netns, Device: "own0", Value: "2"},
		{Kind: RPSKind, Netns: netns, Device: "own0", Value: "3"},
		{Kind: RFSKind, Netns: netns, Device: "own0", Value: "1000"},
		{Kind: SysctlKind, Netns: netns, Key: "net.ipv4.tcp_rmem", Value: "4096 65536 200000"},
		{Kind: SysctlKind, Netns: netns, Key: "net/ipv4/tcp_sack", Value: "0"},
		{Kind: SysctlKind, Netns: netns, Key: "net.ipv4.ip_forward", Value: "1"},
		{Kind: SysctlKind, Netns: netns, Key: "net.ipv6.conf.all.forwarding", Value: "1"},
		{Kind: GROKind, Netns: netns, Device: "own0", Value: "on"},
		{Kind: QdiscKind, Netns: netns, Device: "own0", Value: "pfifo_fast"},
		{Kind: QdiscKind, Netns: netns, Device: "own0", Value: "tbf rate 100mbit burst 32kb limit 1mb"},
	}
}

func mustApply(t *testing.T, name string, settings ...Setting) []Change {
	t.Helper()
	made, err := Apply(name, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func wantSilence(t *testing.T, left []string, err error) {
	t.Helper()
	if left != nil || err != nil {
		t.Fatalf("got %q, %v, want silence", left, err)
	}
}

func TestApplyAndUndo(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	before := exact(t, their)
	made := mustApply(t, name, manyChanges(their)...)
	for i, want := range []string{
		"rps of own0 in namespace theirs: 1 0 -> 2", "rps of own0 in namespace theirs: 2 -> 3",
		"rfs of own0 in namespace theirs: 0 -> 1024", "", "net.ipv4.tcp_sack in namespace theirs: 1 -> 0",
		"net.ipv4.ip_forward in namespace theirs: 0 -> 1", "net.ipv6.conf.all.forwarding in namespace theirs: 0 -> 1",
		"gro of own0 in namespace theirs: off -> on", "qdisc of own0 in namespace theirs: noqueue (default) -> pfifo_fast",
		"qdisc of own0 in namespace theirs: pfifo_fast -> tbf rate 100mbit burst 32kb limit 1mb",
	} {
		if got := made[i].String(); want != "" && got != want {
			t.Errorf("change %d: got %q, want %q", i, got, want)
		}
	}
	if exact(t, their) == before {
		t.Error("nothing has changed")
	}
	if _, err := Show(name); !errors.Is(err, ErrNoLab) {
		t.Errorf("Show: got %v, want %v", err, ErrNoLab)
	}
	if changes, err := Changes(name); err != nil || len(changes) != len(made) {
		t.Errorf("Changes: got %d, %v, want %d", len(changes), err, len(made))
	}
	// A topology of the same name comes and goes with them.
	mustUp(t, name)
	left, err := Undo(name)
	wantSilence(t, left, err)
	wantExact(t, their, before, "after Undo")
	if _, err := Show(name); err != nil {
		t.Errorf("Undo has taken the lab: %v", err)
	}
	mustApply(t, name, manyChanges(their)...)
	left, err = TakeDown(name)
	wantSilence(t, left, err)
	wantExact(t, their, before, "after TakeDown")
	wantGone(t, name)

	mustApply(t, name, manyChanges(their)...)
	left, err = Undo(name)
	wantSilence(t, left, err)
	wantExact(t, their, before, "after the second Undo")
	wantGone(t, name)
}

// What is printed does and undoes the same.
func TestChangeCommandsMakeTheSame(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	before := exact(t, their)
	mustApply(t, name, manyChanges(their)...)
	after := exact(t, their)
	undo, err := DownCommands(name)
	if err != nil {
		t.Fatal(err)
	}
	left, err := Undo(name)
	wantSilence(t, left, err)
	do, err := ApplyCommands(name, manyChanges(their)...)
	if err != nil {
		t.Fatal(err)
	}
	runScript(t, do)
	wantExact(t, their, after, "commands that do")
	runScript(t, undo)
	wantExact(t, their, before, "commands that undo")
}

func TestChangesKilledAtEachStep(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	before := exact(t, their)
	settings := manyChanges(their)
	for _, verb := range []string{"apply", "undo", "down"} {
		n := 1
		for ; ; n += stride() {
			if verb != "apply" {
				mustApply(t, name, settings...)
			}
			if !(killed{Verb: verb, Name: name, At: n, Settings: settings}.run(t)) {
				break
			}
			left, err := TakeDown(name)
			wantSilence(t, left, err)
			wantExact(t, their, before, fmt.Sprintf("killed at step %d of %s", n, verb))
			wantGone(t, name)
		}
		left, err := TakeDown(name)
		wantSilence(t, left, err)
		wantExact(t, their, before, "at last")
		t.Logf("%s: killed at %d steps", verb, n-1)
	}
}

// What somebody changed after the lab stays, and is named.
func TestUndoLeavesWhatOthersChanged(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	before := exact(t, their)
	mustApply(t, name, manyChanges(their)...)
	for _, command := range []string{
		"ip netns exec theirs sh -c 'echo 0 > /sys/class/net/own0/queues/rx-0/rps_flow_cnt; echo 2048 > /sys/class/net/own0/queues/rx-1/rps_flow_cnt'",
		"ip netns exec theirs sysctl -qw net.ipv4.tcp_sack=2",
		"ip netns exec theirs sysctl -qw net.ipv4.conf.own1.forwarding=0",
		"tc -n theirs qdisc replace dev own0 root handle 7e54: tbf rate 50mbit burst 32kb limit 1mb",
	} {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	left, err := TakeDown(name)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(left, "\n")
	for _, want := range []string{"rfs of own0", "0 2048", "tcp_sack in namespace theirs is left at \"2\"", "qdisc of own0"} {
		if !strings.Contains(all, want) {
			t.Errorf("got %q, want %q in it", all, want)
		}
	}
	wantGone(t, name)
	for _, command := range []string{
		"ip netns exec theirs sh -c 'echo 0 > /sys/class/net/own0/queues/rx-1/rps_flow_cnt'",
		"ip netns exec theirs sysctl -qw net.ipv4.tcp_sack=1", "tc -n theirs qdisc del dev own0 root",
	} {
		if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
	wantExact(t, their, before, "but for what others changed")
}

// One that cannot be made takes those before it with it.
func TestApplyAllOrNothing(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	before := exact(t, their)
	for _, bad := range []Setting{
		{Kind: RPSKind, Netns: their, Device: "own9", Value: "1"},
		{Kind: RPSKind, Netns: their, Device: "own0", Value: "ffffffff,ffffffff,ffffffff,ffffffff,ffffffff"},
		{Kind: RPSKind, Netns: their, Device: "../own0", Value: "1"},
		{Kind: SysctlKind, Netns: their, Key: "net.ipv4.no_such", Value: "1"},
		{Kind: SysctlKind, Netns: their, Key: "net.ipv4.tcp_sack", Value: "many"},
		{Kind: SysctlKind, Netns: their, Key: "net.ipv4.tcp_sack", Value: ""},
		{Kind: SysctlKind, Netns: their, Key: "kernel.panic", Value: "1"},
		{Kind: SysctlKind, Netns: their, Key: "net/../kernel/panic", Value: "1"},
		{Kind: SysctlKind, Netns: their, Key: "net.ipv6.conf.all.disable_ipv6", Value: "1"},
		{Kind: GROKind, Netns: their, Device: "own0", Value: "maybe"},
		{Kind: QdiscKind, Netns: their, Device: "own0", Value: "htb"},
		{Kind: QdiscKind, Netns: their, Device: "own0", Value: "netem loss 1"},
		{Kind: RPSKind, Netns: "no-such", Device: "own0", Value: "1"},
		{Kind: "other", Netns: their, Value: "1"},
	} {
		made, err := Apply(name, append(manyChanges(their), bad)...)
		if err == nil {
			t.Errorf("%+v is accepted: %v", bad, made)
		}
		if !inVM {
			wantExact(t, their, before, fmt.Sprintf("after %+v", bad))
		}
		wantGone(t, name)
	}
	wantExact(t, their, before, "after all")
}

// A queueing discipline somebody set cannot be made again, so it is not replaced.
func TestForeignQdiscIsRefused(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	command(t, "tc", "-n", their, "qdisc", "add", "dev", "own0", "root", "pfifo_fast")
	before := exact(t, their)
	_, err := Apply(name, Setting{Kind: QdiscKind, Netns: their, Device: "own0", Value: "tbf rate 1mbit burst 32kb limit 1mb"})
	if err == nil || !strings.Contains(err.Error(), "somebody set it") {
		t.Errorf("got %v", err)
	}
	wantExact(t, their, before, "after refusing")
}

// A device may be renamed, and a namespace lose its name, before undo.
func TestUndoFindsWhatWasRenamed(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	their, name := theirs(t), labName(t)
	holder := exec.Command("ip", "netns", "exec", their, "cat")
	stdin, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	path := fmt.Sprintf("/proc/%d/ns/net", holder.Process.Pid)
	for in, _ := os.Readlink("/proc/self/ns/net"); ; {
		if now, err := os.Readlink(path); err != nil || now != in {
			break
		}
	}
	mustApply(t, name, Setting{Kind: RPSKind, Netns: their, Device: "own0", Value: "3"})
	command(t, "ip", "-n", their, "link", "set", "own0", "down") // or it keeps its name before Linux 6.0
	command(t, "ip", "-n", their, "link", "set", "own0", "name", "own5")
	command(t, "ip", "netns", "del", their)
	left, err := Undo(name)
	wantSilence(t, left, err)
	if got, err := RPS(path, "own5"); err != nil || got != "1 0" {
		t.Errorf("got %q, %v, want 1 0", got, err)
	}
	stdin.Close()
	holder.Wait()
	wantGone(t, name)
}
