// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// Through bridge, router and NAT, in both families.
func TestPath(t *testing.T) {
	n := pathtest.New(t)
	for _, a := range []pathtest.Addresses{n.V4, n.V6} {
		got := runCommandLine(t, "path", a.Server.String(), "--from", n.Client, "-n", "2")
		if got.status != 0 || got.stderr != "" {
			t.Fatalf("got exit status %d, %q on stderr", got.status, got.stderr)
		}
		t.Logf("\n%s", got.stdout)
		way := n.Client + "/eth0 > " + n.Router + "/port > br0 > out > " + n.Server + "/eth0, and the same way back"
		for _, want := range []string{
			"answered 2/2", way, "(NAT: source was " + a.Client.String() + ")",
			"(NAT: destination was " + a.Out.String() + ")", "ANSWERED after ",
		} {
			if !strings.Contains(got.stdout, want) {
				t.Errorf("%q is not in\n%s", want, got.stdout)
			}
		}
	}
}

// Story 2: the router does not forward.
func TestPathDropped(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Shell(t, n.Router, "echo 0 >/proc/sys/net/ipv4/ip_forward")
	got := runCommandLine(t, "path", n.V4.Server.String(), "--from", n.Client, "--stack")
	if got.status != exitFailure || got.stderr != "" {
		t.Errorf("got exit status %d, %q on stderr, want %d and nothing", got.status, got.stderr, exitFailure)
	}
	t.Logf("\n%s", got.stdout)
	for _, want := range []string{"dropped 3/3", "DROPPED by ip_error", " in " + n.Router + ", come in by br0", "stack: ip_error < ", " < __netif_receive_skb_one_core < "} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("%q is not in\n%s", want, got.stdout)
		}
	}
}

// pathDocument checks a document against its schema and returns it.
func pathDocument(t *testing.T, text string) map[string]any {
	t.Helper()
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(report.PathSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("path.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("path.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	var doc map[string]any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestPathJSON(t *testing.T) {
	n := pathtest.New(t)
	for _, args := range [][]string{
		{n.V4.Server.String(), "--proto", "udp"}, {n.V6.Server.String(), "--proto", "tcp", "--port", "4321", "--stack"},
		{"203.0.113.9", "-n", "1"}, {"fd99::1", "-n", "1"},
	} {
		got := runCommandLine(t, append([]string{"path", "--json", "--from", n.Client}, args...)...)
		if got.status != exitFailure || got.stderr != "" {
			t.Errorf("%q: got exit status %d, %q on stderr, want %d and nothing", args, got.status, got.stderr, exitFailure)
		}
		doc := pathDocument(t, got.stdout)
		if outcomes, ok := doc["outcomes"].(map[string]any); !ok || outcomes["refused"] == 0.0 {
			t.Errorf("%q: got outcomes %v, want refused", args, doc["outcomes"])
		}
	}
}

// Traffic of others, nothing sent.
func TestPathWatch(t *testing.T) {
	n := pathtest.New(t)
	stop := pathtest.KeepPinging(t, n.Client, n.V4.Server)
	defer stop()
	got := runCommandLine(t, "path", "--watch", "--json", "--netns", n.Client, "--proto", "icmp")
	if got.status != 0 || got.stderr != "" {
		t.Errorf("got exit status %d, %q on stderr", got.status, got.stderr)
	}
	doc := pathDocument(t, got.stdout)
	if packets, ok := doc["packets"].([]any); !ok || len(packets) != 3 {
		t.Errorf("got %v, want 3 packets", doc["packets"])
	}
}

func TestPathKilled(t *testing.T) {
	needRoot(t)
	cmd := vethtrace(t, "path", "--watch", "--addr", "192.0.2.77")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	const programs = 6
	wantUnloaded(t, killAt(t, cmd, holds("link_id", programs)))
}

func TestPathUsage(t *testing.T) {
	onAnyKernel(t)
	for args, names := range map[string]string{
		"path":                                 "one destination",
		"path 10.0.0.1 10.0.0.2":               "one destination",
		"path 10.0.0.1 --watch":                `"10.0.0.1"`,
		"path 10.0.0.1 --proto gre":            `"gre"`,
		"path 10.0.0.1 --proto tcp":            "--port",
		"path 10.0.0.1 --port 80":              "icmp has no ports",
		"path 10.0.0.1 -n 0":                   "--count",
		"path 10.0.0.1 --size -1":              "--size",
		"path 10.0.0.1 --addr 10.0.0.2":        "--watch",
		"path 10.0.0.1 -6":                     "IPv6",
		"path 10.0.0.1 -4 -6":                  "exclude",
		"path 10.0.0.1 --from=":                "--from is empty",
		"path --watch --ttl 3":                 "--ttl",
		"path --watch --proto gre":             `"gre"`,
		"path --watch --port 5 --proto icmp":   "icmp",
		"path --watch --addr here --proto udp": `"here"`,
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitUsage, names)
		})
	}
	needRoot(t)
	for args, names := range map[string]string{
		"path 10.0.0.1 --from nosuchns":  `"nosuchns"`,
		"path --watch --netns nosuchns":  `"nosuchns"`,
		"path no.such.name.invalid":      `"no.such.name.invalid"`,
		"path fe80::1%nosuch --from /no": "/no",
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitFailure, names)
		})
	}
}
