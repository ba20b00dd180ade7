// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// wired are two namespaces of somebody else with a veth pair between them as the
// wire, each with a firewall and addresses of its own, in the test's own /run.
func wired(t *testing.T) *Wire {
	t.Helper()
	w := &Wire{Host: "near", Device: "wan0", Remote: "far", RemoteDevice: "eth7"}
	t.Cleanup(func() {
		exec.Command("ip", "netns", "del", w.Host).Run()
		exec.Command("ip", "netns", "del", w.Remote).Run()
	})
	for i, line := range []string{
		"ip netns add near", "ip netns add far",
		"ip netns exec near sysctl -qw net.ipv6.conf.default.accept_dad=0",
		"ip netns exec far sysctl -qw net.ipv6.conf.default.accept_dad=0",
		"ip -n near link add wan0 type veth peer name eth7 netns far",
		"ip -n near addr add 192.0.2.1/24 dev wan0", "ip -n far addr add 192.0.2.2/24 dev eth7",
		"ip -n near link set wan0 up", "ip -n far link set eth7 up",
		"ip -n near route add default via 192.0.2.2",
		"ip netns exec near nft 'table ip mine { chain post { type nat hook postrouting priority 50; ip daddr 192.0.2.9 masquerade; }; }'",
	} {
		if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
			t.Fatalf("command %d, %s: %v: %s", i, line, err, out)
		}
	}
	for _, ns := range []string{w.Host, w.Remote} {
		for last, now := "", exact(t, ns); last != now || unsettled(last); now = exact(t, ns) {
			last = now // IPv6 has not finished
		}
	}
	return w
}

// wiredTopologies are those with a host.
func wiredTopologies() (all []Topology) {
	for _, topology := range Topologies() {
		if !topology.pair() {
			all = append(all, topology)
		}
	}
	return all
}

// Containers of a host that was there reach the other end of its wire, and both
// are as they were after Down.
func TestWire(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	for _, topology := range wiredTopologies() {
		t.Run(string(topology), func(t *testing.T) {
			needTurn(t, topology)
			name := labName(t)
			w := wired(t)
			near, far := exact(t, w.Host), exact(t, w.Remote)
			shape := Shape{Topology: topology, Wire: w, GRO: "off"}
			l := upAs(t, name, shape)
			if l.Host.Netns != w.Host || l.Host.Ifname != w.Device || l.Uplink.Netns != w.Remote || l.Uplink.Ifname != w.RemoteDevice {
				t.Errorf("got host %+v, uplink %+v, want the wire's", l.Host, l.Uplink)
			}
			for _, from := range []End{l.Containers[0], l.Containers[1], *l.Host} {
				mustPing(t, from, l.Uplink.IPv4.Addr())
			}
			res, err := RequestResponse{CPU: -1, Duration: 100 * time.Millisecond}.Run(t.Context(), l)
			if err != nil || res.Transactions == 0 {
				t.Errorf("TCP: %+v, %v", res, err)
			}
			if got := exact(t, w.Host); got == near {
				t.Error("nothing has changed at the host")
			}
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			wantGone(t, name)
			wantExact(t, w.Host, near, "host after Down")
			wantExact(t, w.Remote, far, "remote after Down")
		})
	}
}

func TestWireKilledAtEachStep(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	for _, topology := range []Topology{Bridge, Macvlan, IPVlanL3} {
		t.Run(string(topology), func(t *testing.T) {
			needTurn(t, topology)
			name := labName(t)
			w := wired(t)
			near, far := exact(t, w.Host), exact(t, w.Remote)
			shape := Shape{Topology: topology, Wire: w, Containers: 1, GRO: "off"}
			upAs(t, name, shape) // or skips
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			first, stride := steps(topology)
			n := first
			for ; (killed{Verb: "up", Name: name, At: n, Shape: shape}.run(t)); n += stride {
				if err := Down(name); err != nil {
					t.Fatalf("Down after step %d: %v", n, err)
				}
				wantGone(t, name)
				wantExact(t, w.Host, near, fmt.Sprintf("host, killed at step %d of up", n))
				wantExact(t, w.Remote, far, fmt.Sprintf("remote, killed at step %d of up", n))
			}
			for n = first; killedAt(t, "down", name, n); n += stride {
				if err := Down(name); err != nil {
					t.Fatalf("Down after step %d: %v", n, err)
				}
				wantExact(t, w.Host, near, fmt.Sprintf("host, killed at step %d of down", n))
				wantExact(t, w.Remote, far, fmt.Sprintf("remote, killed at step %d of down", n))
				upAs(t, name, shape)
			}
			wantGone(t, name)
			wantExact(t, w.Host, near, "host at last")
			t.Logf("killed at step %d and each %d. up to %d", first, stride, n-stride)
		})
	}
}

// Commands that are printed for a host that was there do the same.
func TestWireCommandsMakeTheSame(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	for _, topology := range wiredTopologies() {
		t.Run(string(topology), func(t *testing.T) {
			needTurn(t, topology)
			name := labName(t)
			w := wired(t)
			near := exact(t, w.Host)
			opts := Options{Name: name, Shape: Shape{Topology: topology, Wire: w, MTU: 1400}}
			upAs(t, name, opts.Shape)
			want := state(t, w.Host) + state(t, w.Remote)
			undo, err := DownCommands(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			lines, err := UpCommands(opts)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, lines)
			if got := state(t, w.Host) + state(t, w.Remote); got != want {
				t.Error(firstDifference(got, want))
			}
			runScript(t, undo)
			wantExact(t, w.Host, near, "commands that undo")
			if left := traces(t, name); left != nil {
				t.Errorf("the commands that undo leave %q", left)
			}
		})
	}
}

// What is in use at either end is refused before anything is done.
func TestWireRefused(t *testing.T) {
	if inVM {
		t.Skip("does not depend on the kernel")
	}
	if !inOwnRun(t) {
		return
	}
	name := labName(t)
	subnet, err := freeSubnet(name)
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		fmt.Sprintf("ip -n far route add 10.77.%d.128/25 via 192.0.2.1", subnet): "choose another lab name",
		"ip -n near link set wan0 down":                                          "is down or has no carrier",
	} {
		t.Run(want, func(t *testing.T) {
			w := wired(t)
			if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			near := exact(t, w.Host)
			_, err := Up(Options{Name: name, Shape: Shape{Topology: Bridge, Wire: w}})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
			wantExact(t, w.Host, near, "after refusing")
			wantGone(t, name)
		})
	}
	for want, w := range map[string]*Wire{
		"there is no namespace":   {Remote: "nowhere"},
		"finding device \"eth9\"": {Host: "near", Device: "wan0", Remote: "far", RemoteDevice: "eth9"},
	} {
		wired(t)
		if _, err := Up(Options{Name: name, Shape: Shape{Topology: Bridge, Wire: w}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
		sh := exec.Command("sh", "-c", "ip netns del near; ip netns del far")
		if out, err := sh.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := (Shape{Topology: Veth, Wire: new(Wire)}).Check(); err == nil {
		t.Error("a pair at a wire is accepted")
	}
}
