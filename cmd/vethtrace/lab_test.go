// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/vethtrace/vethtrace/lab"
)

// leftOf lists all that can be seen of a lab: its namespaces, by name and by
// mount, and its files. Its links are in the namespaces.
func leftOf(t *testing.T, name string) (found []string) {
	t.Helper()
	for _, pattern := range []string{"/run/vethtrace/*" + name + "*", "/run/netns/vethtrace-" + name + "-*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, paths...)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if strings.Contains(line, "vethtrace-"+name+"-") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	labs, err := lab.List()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(labs, name) {
		found = append(found, "lab "+name)
	}
	return found
}

func hostLinks(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("ip", "-o", "-br", "link").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestLabUpShowDown(t *testing.T) {
	name := labName(t)
	before := hostLinks(t)
	var first []string // MACs are random: the same ones are the same devices
	for range 2 {
		for _, verb := range []string{"up", "show"} {
			got := runCommandLine(t, "lab", verb, "--name", name)
			if got.status != 0 || got.stderr != "" {
				t.Fatalf("lab %s: got exit status %d, %q", verb, got.status, got.stderr)
			}
			for _, want := range []string{"lab " + name + "\n", "vethtrace-" + name + "-a/eth0", "vethtrace-" + name + "-b/eth0"} {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("lab %s: got %q, want %q in it", verb, got.stdout, want)
				}
			}
		}
		var macs []string
		for _, end := range showJSON(t, name).Ends {
			macs = append(macs, end.MAC)
		}
		if first == nil {
			first = macs
		}
		if !slices.Equal(macs, first) {
			t.Errorf("up made the lab anew: MACs were %q, are %q", first, macs)
		}
	}
	for range 2 {
		if got := runCommandLine(t, "lab", "down", "--name", name); got != (output{}) {
			t.Errorf("lab down: got %+v, want silence", got)
		}
		if left := leftOf(t, name); left != nil {
			t.Errorf("after lab down there is %q", left)
		}
		wantSentence(t, runCommandLine(t, "lab", "show", "--name", name), exitFailure, name)
		wantSentence(t, runCommandLine(t, "lab", "show", "--json", "--name", name), exitFailure, name)
		wantSentence(t, runCommandLine(t, "lab", "traffic", "--name", name), exitFailure, name)
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
}

type labDocument struct {
	Type, Name string
	Schema     int
	Ends       []labEndJSON
}

func showJSON(t *testing.T, name string) (doc labDocument) {
	t.Helper()
	got := runCommandLine(t, "lab", "show", "--json", "--name", name)
	if got.status != 0 || got.stderr != "" || strings.Count(got.stdout, "\n") != 1 {
		t.Fatalf("got exit status %d, %q, %q", got.status, got.stdout, got.stderr)
	}
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Type != "lab" || doc.Schema != 1 || doc.Name != name || len(doc.Ends) != 2 {
		t.Fatalf("got %+v", doc)
	}
	for i, end := range doc.Ends {
		var st syscall.Stat_t
		if err := syscall.Stat("/run/netns/"+end.NetnsName, &st); err != nil {
			t.Fatal(err)
		}
		if end.Netns != st.Ino {
			t.Errorf("end %d: got netns %d, want %d", i, end.Netns, st.Ino)
		}
		if !end.Up || end.Ifname != "eth0" || end.Ifindex == 0 || end.MAC == "" || end.IPv4 == "" {
			t.Errorf("end %d: got %+v", i, end)
		}
	}
	return doc
}

// Labs do not know each other.
func TestLabDownLeavesOthers(t *testing.T) {
	one, other := labName(t), labName(t)
	for _, name := range []string{one, other} {
		if got := runCommandLine(t, "lab", "up", "--name", name); got.status != 0 {
			t.Fatal(got.stderr)
		}
	}
	before := showJSON(t, other)
	if got := runCommandLine(t, "lab", "down", "--name", one); got.status != 0 {
		t.Fatal(got.stderr)
	}
	if after := showJSON(t, other); after.Ends[0].MAC != before.Ends[0].MAC || after.Ends[0].Netns != before.Ends[0].Netns {
		t.Errorf("the other lab was %+v, is %+v", before, after)
	}
}
