// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// ipLink is a device as `ip -j` has it.
type ipLink struct {
	Ifindex   uint32
	Ifname    string
	MTU       int
	Operstate string
	Flags     []string
	Address   string
	Master    string
	Link      string
	LinkIndex uint32 `json:"link_index"`
	LinkInfo  struct {
		Kind string `json:"info_kind"`
	} `json:"linkinfo"`
	AddrInfo []struct {
		Local     string
		Prefixlen int
	} `json:"addr_info"`
}

// ipLinks asks ip for the devices of a named namespace.
func ipLinks(t *testing.T, netns string) (all []ipLink) {
	t.Helper()
	out, err := exec.Command("ip", "-n", netns, "-j", "-d", "addr").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// wantAsIP compares devices with what ip says of them.
func wantAsIP(t *testing.T, n *Namespace, want []ipLink) {
	t.Helper()
	if len(n.Devices) != len(want) {
		t.Errorf("%s: got %d devices, ip has %d", n.Name, len(n.Devices), len(want))
		return
	}
	for i, w := range want {
		d := n.Devices[i]
		var addrs []string
		for _, a := range w.AddrInfo {
			addrs = append(addrs, fmt.Sprintf("%s/%d", a.Local, a.Prefixlen))
		}
		got := fmt.Sprint(d.Ifindex, d.Ifname, d.MTU, d.State, d.Up, d.Addresses, d.Master)
		if want := fmt.Sprint(w.Ifindex, w.Ifname, w.MTU, strings.ToLower(w.Operstate), slices.Contains(w.Flags, "UP"), addrs, w.Master); got != want {
			t.Errorf("%s: got %s\nip has %s", n.Name, got, want)
		}
		if d.Kind != "loopback" && (d.Kind != w.LinkInfo.Kind || d.MAC != w.Address) {
			t.Errorf("%s/%s: got %s %s, ip has %s %s", n.Name, d.Ifname, d.Kind, d.MAC, w.LinkInfo.Kind, w.Address)
		}
		// In the same namespace ip writes the name.
		if end := d.Peer; end != nil && end.Ifindex != w.LinkIndex && end.Ifname != w.Link {
			t.Errorf("%s/%s: got peer %+v, ip has link %q, index %d", n.Name, d.Ifname, end, w.Link, w.LinkIndex)
		}
	}
}

// The same ifindexes and names in many namespaces: each end finds its own peer.
func TestPeersOfEqualIfindex(t *testing.T) {
	need(t, "ip")
	labs := []*lab.Lab{newLab(t), newLab(t), newLab(t)}
	inv := Read()
	for _, l := range labs {
		for i, e := range l.Ends {
			other := l.Ends[1-i]
			n := namespaceOf(t, inv, uint32(e.NetnsInode))
			if n.Name != e.Netns || !slices.Contains(n.Mounts, "/run/netns/"+e.Netns) {
				t.Errorf("got name %q, mounts %q, want %q", n.Name, n.Mounts, e.Netns)
			}
			d := device(t, n, "eth0")
			want := End{Netns: uint32(other.NetnsInode), NetnsName: other.Netns, Ifindex: uint32(other.Ifindex), Ifname: "eth0"}
			if d.Peer == nil || *d.Peer != want {
				t.Errorf("%s: got peer %+v, want %+v", e.Netns, d.Peer, want)
			}
			wantAsIP(t, n, ipLinks(t, e.Netns))
		}
	}
}

// Bridges, both ends in one namespace, and devices on top of others.
func TestConnections(t *testing.T) {
	need(t, "ip")
	l := newLab(t)
	a, b := l.Ends[0], l.Ends[1]
	ip := func(args string) string {
		out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput()
		if err != nil {
			return string(out)
		}
		return ""
	}
	for _, args := range []string{
		"-n " + a.Netns + " link add br0 type bridge",
		"-n " + a.Netns + " link set eth0 master br0",
		"-n " + a.Netns + " link set br0 up",
		"-n " + b.Netns + " link add p0 type veth peer name p1",
	} {
		if out := ip(args); out != "" {
			t.Fatalf("ip %s: %s", args, out)
		}
	}
	noMacvlan := ip("-n " + b.Netns + " link add link eth0 name mv netns " + a.Netns + " type macvlan mode bridge")
	// States and addresses come by themselves some time after the devices.
	for last, tries := "", 0; tries < 60; tries++ {
		now := ""
		for _, netns := range []string{a.Netns, b.Netns} {
			out, _ := exec.Command("ip", "-n", netns, "addr").CombinedOutput()
			now += string(out)
		}
		if now == last && !strings.Contains(now, "tentative") && !strings.Contains(now, "UP,LOWER_UP> mtu 1500 qdisc noqueue state DOWN") {
			break
		}
		last = now
		time.Sleep(300 * time.Millisecond)
	}
	inv := Read()
	na, nb := namespaceOf(t, inv, uint32(a.NetnsInode)), namespaceOf(t, inv, uint32(b.NetnsInode))
	if d := device(t, na, "eth0"); d.Master != "br0" || d.MasterKind != "bridge" || d.PeerUnseen {
		t.Errorf("got %+v, want it in bridge br0", d)
	}
	if d := device(t, nb, "eth0"); d.Peer == nil || d.Peer.Bridge != "br0" {
		t.Errorf("got peer %+v, want it in bridge br0", d.Peer)
	}
	for name, peer := range map[string]string{"p0": "p1", "p1": "p0"} {
		if d := device(t, nb, name); d.Peer == nil || d.Peer.Netns != nb.Inode || d.Peer.Ifname != peer {
			t.Errorf("%s: got peer %+v, want %s", name, d.Peer, peer)
		}
	}
	if noMacvlan == "" {
		d := device(t, na, "mv")
		if d.Peer != nil || d.Parent == nil || d.Parent.Netns != nb.Inode || d.Parent.Ifname != "eth0" {
			t.Errorf("got peer %+v and parent %+v, want parent eth0 in %s", d.Peer, d.Parent, b.Netns)
		}
	} else {
		t.Logf("without macvlan: %s", noMacvlan)
	}
	wantAsIP(t, na, ipLinks(t, a.Netns))
	wantAsIP(t, nb, ipLinks(t, b.Netns))
}

// `ip -all netns` enters the namespaces that have these names.
func TestIPAllNetns(t *testing.T) {
	need(t, "ip", "readlink")
	l := newLab(t)
	out, _ := exec.Command("ip", "-all", "netns", "exec", "readlink", "/proc/self/ns/net").Output()
	inodes := make(map[string]string)
	name := ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "netns: "); ok {
			name = rest
		} else if line != "" {
			inodes[name] = line
		}
	}
	inv := Read()
	for _, e := range l.Ends {
		n := namespaceOf(t, inv, uint32(e.NetnsInode))
		if got := fmt.Sprintf("net:[%d]", n.Inode); got != inodes[n.Name] || got == "" {
			t.Errorf("%s is %s, ip has %q", n.Name, got, inodes[n.Name])
		}
	}
}
