// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// state is all that can be seen in a namespace but what is drawn by lot or
// counted: MAC and link-local addresses, indexes, counters.
func state(t *testing.T, netns string) string {
	t.Helper()
	// Few processes: each takes a tenth of a second in an emulated machine.
	const look = `printf '%s\n' link addr 'route show table all' rule | ip -d -batch -
printf '%s\n' 'route show table all' rule | ip -6 -batch -
nft list ruleset; tc qdisc show
cd /proc/sys/net; grep . ipv4/ip_forward ipv?/conf/*/forwarding ipv6/conf/*/accept_dad ipv?/conf/*/accept_redirects
grep . /sys/class/net/*/queues/rx-*/rps_* /sys/class/net/*/mtu
ls -d /sys/class/net/*/queues/*; ethtool -k eth0 | grep generic-receive`
	out, err := exec.Command("sh", "-c", in(netns, "sh -c "+quote(look))).CombinedOutput()
	lines := slices.Sorted(strings.Lines(lots.ReplaceAllString(string(out), ""))) // routes are sorted by link-local address
	return fmt.Sprintf("%v\n%s", err, strings.Join(lines, ""))
}

var lots = regexp.MustCompile(`(?m)^\d+:[ \t]|@if\d+|link/ether [0-9a-f:]+|fe80::[0-9a-f:]+|\b[0-9a-f]{4}\.[0-9a-f:]{17}|link-netns\S* \S+|` +
	`[a-z_]*timer +[0-9.]+|\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b|expires \S+|0x[0-9a-f]+|\bnetns [a-z0-9-]+|(bridge_id|designated_\S+|permaddr|root_id) \S+|` +
	`(?i)ff02::1:ff\S+`)

// stateOf is that of all namespaces a lab made.
func statesOf(t *testing.T, p *plan) (states []string) {
	t.Helper()
	for _, ns := range p.made() {
		states = append(states, ns+"\n"+state(t, ns))
	}
	return states
}

func runScript(t *testing.T, lines []Command) {
	t.Helper()
	script := "set -e\n"
	for _, c := range lines {
		script += c.Line + "\n"
	}
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s\nof\n%s", err, out, script)
	}
}

// What is printed, pasted into a shell, makes what the lab makes.
func TestCommandsMakeTheSame(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	for _, topology := range Topologies() {
		t.Run(string(topology), func(t *testing.T) {
			needTurn(t, topology)
			name := labName(t)
			opts := Options{Name: name, Shape: Shape{Topology: topology, MTU: 1400, Queues: 2, GRO: "on"}}
			if topology == Netkit {
				opts.Queues = 1
				if out, _ := exec.Command("ip", "link", "add", "type", "netkit", "help").CombinedOutput(); !strings.Contains(string(out), "netkit [ mode") {
					t.Skip("this ip is older than 6.7 and knows no netkit")
				}
			}
			upAs(t, name, opts.Shape)
			p, err := plannedAs(opts)
			if err != nil {
				t.Fatal(err)
			}
			want := settled(t, p)
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			lines, err := UpCommands(opts)
			if err != nil {
				t.Fatal(err)
			}
			undo, err := UpUndoCommands(opts)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, lines)
			got := settled(t, p)
			runScript(t, undo)
			if !slices.Equal(got, want) {
				for i := range want {
					t.Errorf("%s\n%s", want[i], firstDifference(got[i], want[i]))
				}
			}
			if left := traces(t, name); left != nil {
				t.Errorf("the commands that undo leave %q", left)
			}
		})
	}
}

// settled waits for what IPv6 does by itself after a link is up.
func settled(t *testing.T, p *plan) (states []string) {
	t.Helper()
	for last := []string(nil); ; last = states {
		states = statesOf(t, p)
		if slices.Equal(states, last) && !strings.Contains(strings.Join(states, ""), "tentative") {
			return states
		}
		time.Sleep(patiently(250 * time.Millisecond))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
