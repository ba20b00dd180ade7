// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// nsRecord is `vethtrace ns --json`, as far as these tests look into it.
type nsRecord struct {
	Kernel   string
	Warnings []string
	Netns    []nsEntryRecord
}

type nsEntryRecord struct {
	Netns     uint64
	NetnsName string `json:"netns_name"`
	Mounts    []string
	Processes []struct{ PID int }
	Owner     *struct{ UID *uint32 }
	Devices   []nsDeviceRecord
}

type nsDeviceRecord struct {
	deviceRecord
	Kind, State, MAC string
	Addresses        []string
	Peer             *deviceRecord
}

// nsDoc checks a document against the schema and decodes it.
func nsDoc(t *testing.T, got output) (doc nsRecord) {
	t.Helper()
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("got exit status %d, %q", got.status, got.stderr)
	}
	c := jsonschema.NewCompiler()
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(string(report.NsSchema())))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("ns.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("ns.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(got.stdout))
	if err != nil {
		t.Fatalf("%v: %q", err, got.stdout)
	}
	if err := compiled.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, got.stdout)
	}
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// Both ends of a pair name each other, on every kernel, by each name that their
// namespaces have.
func TestNs(t *testing.T) {
	l, err := lab.Up(lab.Options{Name: labName(t)})
	if err != nil {
		t.Fatal(err)
	}
	inside := exec.Command("ip", "netns", "exec", l.Ends[0].Netns, "cat")
	stdin, err := inside.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); inside.Wait() })
	link := fmt.Sprintf("/proc/%d/ns/net", inside.Process.Pid)
	eventually(t, "ip is in the namespace", func() bool {
		text, _ := os.Readlink(link)
		return text == fmt.Sprintf("net:[%d]", l.Ends[0].NetnsInode)
	})
	names := []string{l.Ends[0].Netns, fmt.Sprint(l.Ends[0].NetnsInode), "/run/netns/" + l.Ends[0].Netns, link, fmt.Sprint(inside.Process.Pid)}
	for _, name := range names {
		doc := nsDoc(t, runCommandLine(t, "ns", "--json", name, l.Ends[1].Netns))
		if len(doc.Netns) != 2 || doc.Kernel == "" {
			t.Fatalf("by %q got %+v, want two namespaces", name, doc)
		}
		for i, n := range doc.Netns {
			e, other := l.Ends[i], l.Ends[1-i]
			if n.Netns != e.NetnsInode || n.NetnsName != e.Netns || !slices.Contains(n.Mounts, "/run/netns/"+e.Netns) || n.Owner == nil {
				t.Errorf("got %+v, want %s", n, e.Netns)
			}
			if hasProcess := len(n.Processes) == 1 && n.Processes[0].PID == inside.Process.Pid; hasProcess != (i == 0) {
				t.Errorf("%s: got processes %+v", e.Netns, n.Processes)
			}
			at := slices.IndexFunc(n.Devices, func(d nsDeviceRecord) bool { return d.Ifname == "eth0" })
			if at < 0 {
				t.Fatalf("%s: no eth0 in %+v", e.Netns, n.Devices)
			}
			d := n.Devices[at]
			want := deviceRecord{other.NetnsInode, other.Netns, other.Ifindex, other.Ifname}
			if d.Peer == nil || *d.Peer != want {
				t.Errorf("%s: got peer %+v, want %+v", e.Netns, d.Peer, want)
			}
			if d.MAC != e.MAC.String() || d.Kind != "veth" || d.State != "up" || !slices.Contains(d.Addresses, e.IPv4.String()) {
				t.Errorf("%s: got %+v, want %+v", e.Netns, d, e)
			}
		}
	}
	got := runCommandLine(t, "ns")
	for i, e := range l.Ends {
		want := fmt.Sprintf("-> %s/eth0\n", l.Ends[1-i].Netns)
		if !strings.Contains(got.stdout, "\n"+e.Netns+", netns ") || !strings.Contains(got.stdout, want) {
			t.Errorf("got no %s with %q:\n%s", e.Netns, want, got.stdout)
		}
	}
}

func TestNsWithoutRights(t *testing.T) {
	doc := nsDoc(t, finish(t, asNobody(t, "ns", "--json")))
	if len(doc.Warnings) != 1 || !strings.Contains(doc.Warnings[0], "may not be looked at") {
		t.Errorf("got warnings %q, want one about processes", doc.Warnings)
	}
	own := slices.IndexFunc(doc.Netns, func(n nsEntryRecord) bool { return len(n.Devices) > 0 })
	if own < 0 {
		t.Errorf("got %+v, want the own namespace with its devices", doc)
	}
}

func TestNsOfNothing(t *testing.T) {
	onAnyKernel(t)
	needRoot(t)
	wantSentence(t, runCommandLine(t, "ns", "nosuchns"), exitFailure, `no network namespace "nosuchns"`)
	wantSentence(t, runCommandLine(t, "ns", ""), exitUsage, "empty")
	wantSentence(t, runCommandLine(t, "ns", gonePID(t)), exitFailure, "no process")
}
