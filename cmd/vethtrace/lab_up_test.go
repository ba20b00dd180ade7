// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

// wantOK runs a command that has to succeed, and returns what it printed.
func wantOK(t *testing.T, args ...string) string {
	t.Helper()
	got := runCommandLine(t, args...)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("%q: got exit status %d, %q", args, got.status, got.stderr)
	}
	return got.stdout
}

func TestLabUpTopology(t *testing.T) {
	name := labName(t)
	before := hostLinks(t)
	out := wantOK(t, "lab", "up", "bridge", "--containers", "3", "--mtu", "1400", "--name", name)
	for _, want := range []string{"lab " + name + "  bridge --containers 3 --mtu 1400\n", "-c/eth0", "-host/eth0", "-up/eth0"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %q, want %q in it", out, want)
		}
	}
	var doc labDocJSON
	if err := json.Unmarshal([]byte(wantOK(t, "lab", "show", "--json", "--name", name)), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Topology != "bridge" || len(doc.Ends) != 3 || doc.Host == nil || doc.Uplink == nil || doc.Changes == nil {
		t.Errorf("got %+v", doc)
	}
	// The same again is printed, as is up alone; another shape is refused.
	wantOK(t, "lab", "up", "bridge", "--containers", "3", "--mtu", "1400", "--name", name)
	wantOK(t, "lab", "up", "--name", name)
	wantSentence(t, runCommandLine(t, "lab", "up", "routed", "--name", name), exitFailure, "bridge --containers 3 --mtu 1400")
	down := wantOK(t, "lab", "down", "--explain", "--name", name)
	if !strings.Contains(down, "# undo: make the bridge\nip -n vethtrace-"+name+"-host link del br0\n") {
		t.Errorf("lab down --explain: got %q", down)
	}
	wantOK(t, "lab", "down", "--name", name)
	if left := leftOf(t, name); left != nil {
		t.Errorf("after lab down there is %q", left)
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
}

// What is only printed is not done; that needs no rights.
func TestLabDryRun(t *testing.T) {
	onAnyKernel(t)
	for args, want := range map[string]string{
		"lab up --dry-run":                          "ip -n vethtrace-NAME-a link add eth0 type veth peer name eth0 netns vethtrace-NAME-b\n",
		"lab up veth --explain":                     "# make a pair of devices, each end where it belongs\nip -n ",
		"lab up ipvlan-l3s --dry-run":               "type ipvlan mode l3s\n",
		"lab up bridge --gro on --dry-run":          "ip netns exec vethtrace-NAME-host ethtool -K veth-a gro on\n",
		"lab up macvlan --mtu 1400 --explain":       " mtu 1400 type macvlan mode bridge\n",
		"lab rps lo 1 --dry-run":                    "for q in /sys/class/net/lo/queues/rx-*/rps_cpus; do echo 1 > $q; done\n",
		"lab sysctl net.core.somaxconn=9 --dry-run": "sysctl -w net.core.somaxconn=9\n",
		"lab forward on --dry-run":                  "sysctl -w net.ipv4.ip_forward=1\n",
		"lab gro lo off --dry-run":                  "ethtool -K lo gro off\n",
		"lab qdisc lo fq --dry-run":                 "tc qdisc replace dev lo root handle 7e51: fq\n",
		"lab down --dry-run":                        "",
		"lab undo --explain":                        "",
	} {
		t.Run(args, func(t *testing.T) {
			out := wantOK(t, append(strings.Fields(args), "--name", "dry-run")...)
			if want = strings.ReplaceAll(want, "NAME", "dry-run"); !strings.Contains(out, want) {
				t.Errorf("got %q, want %q in it", out, want)
			}
		})
	}
	if left := leftOf(t, "dry-run"); left != nil {
		t.Errorf("there is %q", left)
	}
}

func TestLabUsage(t *testing.T) {
	onAnyKernel(t)
	for args, names := range map[string]string{
		"lab up star":                      `"star"`,
		"lab up bridge star":               "one argument",
		"lab up veth --containers 3":       "2 ends",
		"lab up bridge --containers 17":    "17",
		"lab up bridge --mtu 100":          "100",
		"lab up bridge --gro maybe":        `"maybe"`,
		"lab up bridge --queues -1":        "-1",
		"lab up veth --netns a --netns b":  "1 namespace",
		"lab rps eth0":                     "DEV CPUS",
		"lab rps eth0 fast":                `"fast"`,
		"lab rps eth0 cpus:60000":          "60000",
		"lab rps a/b 1":                    `"a/b"`,
		"lab rfs eth0 many":                `"many"`,
		"lab sysctl":                       "KEY=VALUE",
		"lab sysctl net.ipv4.tcp_sack":     "KEY=VALUE",
		"lab sysctl kernel.panic=1":        "kernel.panic",
		"lab gro eth0 maybe":               `"maybe"`,
		"lab qdisc eth0":                   "DEV KIND",
		"lab qdisc eth0 htb":               `"htb"`,
		"lab qdisc eth0 netem delay":       "delay",
		"lab qdisc eth0 netem delay 1ms x": "x",
		"lab qdisc eth0 tbf rate 1mbit":    "burst",
		"lab forward":                      "on|off",
		"lab forward maybe":                `"maybe"`,
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitUsage, names)
		})
	}
}

// Before and after are shown, and what somebody else did meanwhile is left.
func TestLabChanges(t *testing.T) {
	name := labName(t)
	wantOK(t, "lab", "up", "--name", name)
	b := "vethtrace-" + name + "-b"
	for args, want := range map[string]string{
		"rps eth0 1 --netns b":                 "rps of eth0 in namespace " + b + ": 0 -> 1 (CPUs 0)\n",
		"rfs eth0 60 --netns " + b:             "rfs of eth0 in namespace " + b + ": 0 -> 64\n",
		"sysctl net.ipv4.tcp_sack=0 --netns b": "net.ipv4.tcp_sack in namespace " + b + ": 1 -> 0\n",
		"forward on --netns /run/netns/" + b:   "net.ipv4.ip_forward in namespace " + b + ": 0 -> 1\n",
		"gro eth0 on --netns b":                "-> on",
		"gro lo off --netns b":                 "gro of lo in namespace " + b + ": ",
		"qdisc eth0 pfifo_fast --netns b":      "qdisc of eth0 in namespace " + b + ": noqueue (default) -> pfifo_fast\n",
	} {
		got := runCommandLine(t, append(append([]string{"lab"}, strings.Fields(args)...), "--name", name)...)
		if got.status != 0 || !strings.Contains(got.stdout, want) {
			t.Errorf("lab %s: got %+v, want %q", args, got, want)
		}
	}
	var doc labDocJSON
	if err := json.Unmarshal([]byte(wantOK(t, "lab", "show", "--json", "--name", name)), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Changes) < 5 || doc.Changes[0].NetnsName != b || doc.Changes[0].Netns != doc.Ends[1].Netns {
		t.Errorf("changes: got %+v", doc.Changes)
	}
	if out, err := exec.Command("ip", "netns", "exec", b, "sysctl", "-qw", "net.ipv4.tcp_sack=2").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	got := runCommandLine(t, "lab", "undo", "--name", name)
	if got.status != 0 || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "tcp_sack") {
		t.Errorf("lab undo: got %+v, want a sentence on tcp_sack", got)
	}
	if out := wantOK(t, "lab", "show", "--name", name); strings.Contains(out, "changed") {
		t.Errorf("lab show after undo: %q", out)
	}
}
