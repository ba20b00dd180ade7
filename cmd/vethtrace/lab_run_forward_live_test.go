// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// runStory runs a story with --json, checks that it left nothing, and skips where
// the kernel lacks what its lab is made of.
func runStory(t *testing.T, story string, args ...string) (stdout, name string) {
	t.Helper()
	needRoot(t)
	before := hostLinks(t)
	cmd := vethtrace(t, append([]string{"lab", "run", story, "--json"}, args...)...)
	got := finish(t, cmd)
	if strings.Contains(got.stderr, "this kernel has no") {
		t.Skip(got.stderr)
	}
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	if want := `{"type":"experiment","schema":1,"story":"` + story + `",`; !strings.HasPrefix(got.stdout, want) || strings.Count(got.stdout, "\n") != 1 {
		t.Fatalf("not a document on a line: %q", got.stdout)
	}
	name = fmt.Sprintf("%s-%d", story, cmd.Process.Pid)
	if left := leftOf(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
	return got.stdout, name
}

// The story is true here: what the host does not forward ends at its bridge, the
// cause is named, and the cure is one. The host's kernel has counted the same.
func TestLabRunForward(t *testing.T) {
	text, name := runStory(t, "forward", "-n", "2")
	var doc forwardExperimentJSON
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	t.Log(doc.Conclusion)
	if len(doc.Runs) != 3 || doc.Count != 2 || doc.Kernel == "" || len(doc.Warnings) > 0 {
		t.Fatalf("got %+v", doc)
	}
	for i, run := range doc.Runs {
		if want := []string{"1", "0", "1"}[i]; run.Host["net.ipv4.ip_forward"] != want || len(run.Host) != len(run.Paths) || len(run.Paths) == 0 {
			t.Errorf("run %d: got host %q, want ip_forward %s", i+1, run.Host, want)
		}
		for _, p := range run.Paths {
			if i != 1 {
				wantWay(t, &p, "a/eth0", "host/veth-a", "host/br0", "host/eth0", "up/eth0")
				if p.Answered != 2 || p.Outcome != "answered" || p.Drop != nil || p.Cause != nil || p.Refused != 0 {
					t.Errorf("run %d: got %+v", i+1, p)
				}
				continue
			}
			wantWay(t, &p, "a/eth0", "host/veth-a", "host/br0")
			cure := map[string]string{"ipv4": "sysctl -w net.ipv4.ip_forward=1", "ipv6": "sysctl -w net.ipv6.conf.all.forwarding=1"}[p.Family]
			switch c := p.Cause; {
			case p.Answered != 0 || p.Outcome != "dropped" || p.Drop == nil || p.Refused != 2:
				t.Errorf("not forwarding: got %+v", p)
			case c == nil || c.ID != "forwarding_off" || len(c.Evidence) == 0 ||
				!slices.Equal(c.Cure, []string{"ip netns exec vethtrace-" + name + "-host " + cure}):
				t.Errorf("not forwarding: got cause %+v", c)
			}
			if !slices.Contains(strings.Split(doc.Cure, "\n"), cure) {
				t.Errorf("got cure %q, want %q", doc.Cure, cure)
			}
		}
	}
}

// wantWay checks which devices packets came by.
func wantWay(t *testing.T, p *forwardPathJSON, want ...string) {
	t.Helper()
	var got []string
	for _, d := range p.Reached {
		if d.Netns == 0 || d.Ifindex == 0 {
			t.Errorf("got device %+v", d)
		}
		got = append(got, roleIn(d.NetnsName)+"/"+d.Ifname)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got way %q, want %q", p.Family, got, want)
	}
}

func TestLabRunForwardText(t *testing.T) {
	onAnyKernel(t)
	name := labName(t)
	got := runCommandLine(t, "lab", "run", "forward", "-n", "1", "--name", name)
	if got.status != 0 || got.stderr != "" {
		t.Errorf("got exit status %d, %q", got.status, got.stderr)
	}
	host := "vethtrace-" + name + "-host"
	for _, want := range []string{
		"run 1 of 3: lab " + name + ", forwarding ", "ANSWERED after ",
		"run 2 of 3: lab " + name, "net.ipv4.ip_forward in namespace " + host + ": 1 -> 0\n",
		"DROPPED by ip_error", "cause: " + host + " does not forward IPv4\n", "cure: ip netns exec " + host + " sysctl -w net.ipv4.ip_forward=1\n",
		"run 3 of 3: lab " + name, "net.ipv4.ip_forward in namespace " + host + ": 0 -> 1\n",
		"\nthe host is ", "\n  IPv4 probes answered ", "forwarding cured it.", "\n  sysctl -w net.ipv4.ip_forward=1\n",
		"Everything is undone: there is no lab " + name,
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got no %q in\n%s", want, got.stdout)
		}
	}
	if left := leftOf(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
}

// storyMoments are those between which something else is there to undo.
func storyMoments(story string, links int) []moment {
	journal := func(pid int) string { return fmt.Sprintf("/run/vethtrace/lab-%s-%d.json", story, pid) }
	return []moment{
		{"its journal", func(pid int) bool { return exists(journal(pid)) }},
		{"a namespace", func(pid int) bool { return exists(fmt.Sprintf("/run/netns/vethtrace-%s-%d-host", story, pid)) }},
		holds("link_id", links),
		{"a change", func(pid int) bool {
			text, _ := os.ReadFile(journal(pid))
			return strings.Contains(string(text), `"before"`)
		}},
	}
}

// pathLinks is how many programs a path is followed with.
const pathLinks = 6

var interruptedStories = []struct {
	name, args string
	links      int
}{
	{"forward", "-n 10", pathLinks},
	{"sysctl", "-d 2s", attachedHooks},
}

// A signal ends a story early, it says so, and it removes everything.
func TestLabRunStorySignalled(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	for _, story := range interruptedStories {
		for i, m := range storyMoments(story.name, story.links) {
			s := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[i%3]
			if signal.Ignored(s) {
				s = syscall.SIGTERM // under nohup
			}
			t.Run(fmt.Sprintf("%s, %v at %s", story.name, s, m.name), func(t *testing.T) {
				name, objects, got := endStoryAt(t, story.name, story.args, m, s)
				if got.status != exitFailure || !strings.HasPrefix(got.stderr, "vethtrace: interrupted") || strings.Count(got.stderr, "\n") != 1 {
					t.Errorf("got exit status %d, %q", got.status, got.stderr)
				}
				if left := leftOf(t, name); left != nil {
					t.Errorf("there is %q", left)
				}
				wantUnloaded(t, objects)
			})
		}
	}
}

// When it is killed, lab down removes what is left.
func TestLabRunStoryKilled(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	for _, story := range interruptedStories {
		for _, m := range storyMoments(story.name, story.links) {
			t.Run(story.name+" at "+m.name, func(t *testing.T) {
				before := hostLinks(t)
				name, objects, _ := endStoryAt(t, story.name, story.args, m, syscall.SIGKILL)
				wantUnloaded(t, objects)
				if got := runCommandLine(t, "lab", "down", "--name", name); got != (output{}) {
					t.Errorf("lab down: got %+v, want silence", got)
				}
				if left := leftOf(t, name); left != nil {
					t.Errorf("there is %q", left)
				}
				if after := hostLinks(t); after != before {
					t.Errorf("links of the host were\n%sand are\n%s", before, after)
				}
			})
		}
	}
}

// endStoryAt starts a story, ends it at a moment, and returns the name of its lab
// and what it had in the kernel then.
func endStoryAt(t *testing.T, story, args string, m moment, s syscall.Signal) (name string, objects []bpfObject, got output) {
	t.Helper()
	cmd := vethtrace(t, append([]string{"lab", "run", story}, strings.Fields(args)...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	name = fmt.Sprintf("%s-%d", story, pid)
	t.Cleanup(func() { lab.Down(name) })
	eventually(t, m.name, func() bool {
		objects = bpfObjectsOf(pid)
		return m.reached(pid)
	})
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
	got.status = wait(t, cmd)
	got.stderr = stderr.String()
	return name, objects, got
}

// A lab that somebody works with is never taken, and without rights nothing is
// made.
func TestLabRunStoryRefuses(t *testing.T) {
	onAnyKernel(t)
	name := labName(t)
	if got := runCommandLine(t, "lab", "up", "--name", name); got.status != 0 {
		t.Fatal(got.stderr)
	}
	before := showJSON(t, name)
	for _, story := range interruptedStories {
		wantSentence(t, runCommandLine(t, "lab", "run", story.name, "--name", name), exitFailure, "there is a lab of that name")
		wantSentence(t, finish(t, asNobody(t, "lab", "run", story.name, "--name", "nobodys")), exitFailure, "CAP_NET_ADMIN and CAP_SYS_ADMIN")
	}
	if after := showJSON(t, name); after.Ends[0].MAC != before.Ends[0].MAC || after.Ends[0].Netns != before.Ends[0].Netns {
		t.Errorf("the lab was %+v, is %+v", before, after)
	}
	if left := leftOf(t, "nobodys"); left != nil {
		t.Errorf("there is %q", left)
	}
}

func TestLabRunStoryUsage(t *testing.T) {
	onAnyKernel(t)
	for args, names := range map[string]string{
		"lab run forward x":        `"x"`,
		"lab run forward -n 0":     "--count is 1 to 1000, not 0",
		"lab run forward -n 1001":  "--count is 1 to 1000, not 1001",
		"lab run forward -n some":  `"some"`,
		"lab run forward -d 1s":    "-d",
		"lab run sysctl x":         `"x"`,
		"lab run sysctl -d 1999ms": "1.999s is too short",
		"lab run sysctl -d -5s":    "-5s",
		"lab run sysctl --value 1": "--value",
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitUsage, names)
		})
	}
}
