// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

func prefixes(all ...string) (p []netip.Prefix) {
	for _, s := range all {
		p = append(p, netip.MustParsePrefix(s))
	}
	return p
}

// testInventory is a host with a pod behind its bridge and one of each other
// kind.
func testInventory() *inventory.Inventory {
	lo := inventory.Device{Ifindex: 1, Ifname: "lo", Kind: "loopback", State: "unknown", Up: true, MTU: 65536, Addresses: prefixes("127.0.0.1/8", "::1/128")}
	root := inventory.Owner{Userns: 4026531837}
	end := func(netns uint32, name string, ifindex uint32, ifname, bridge string) *inventory.End {
		return &inventory.End{Netns: netns, NetnsName: name, Ifindex: ifindex, Ifname: ifname, Bridge: bridge}
	}
	pod := inventory.Pod{Namespace: "shop", Name: "web-0", UID: "0d8c4b6e-7f2a-4c55-9d0e-6b1f0a2c3d4e"}
	id := func(c string) string { return string(bytes.Repeat([]byte(c), 32)) }
	var many []inventory.Container
	for i := range 11 {
		many = append(many, inventory.Container{Runtime: "docker", ID: id(fmt.Sprintf("%02x", i)), Name: fmt.Sprintf("proxy%d", i)})
	}
	return &inventory.Inventory{
		Warnings: []string{"1 of 9 processes may not be looked at: what they hold is missing"},
		Netns: []*inventory.Namespace{
			{
				Netns: inventory.Netns{Inode: 4026531840, Name: "host", Path: "/proc/1/ns/net"},
				Owner: root, HasOwner: true, Containers: many,
				Processes: []inventory.Process{{PID: 1, Comm: "systemd"}, {PID: 2, Comm: "kthreadd"}},
				Devices: []inventory.Device{lo,
					{Ifindex: 2, Ifname: "eth0", State: "up", Up: true, MAC: "02:fc:00:00:00:01", MTU: 1500, Addresses: prefixes("192.0.2.2/24", "fd00::2/64", "fe80::fc:ff:fe00:1/64")},
					{Ifindex: 3, Ifname: "cni0", Kind: "bridge", State: "up", Up: true, MAC: "02:fc:00:00:00:02", MTU: 1500, Addresses: prefixes("10.88.0.1/16")},
					{Ifindex: 7, Ifname: "veth57703b6", Kind: "veth", State: "up", Up: true, MAC: "02:fc:00:00:00:03", MTU: 1500,
						Master: "cni0", MasterKind: "bridge", Peer: end(4026532256, "shop/web-0", 2, "eth0", "")},
					{Ifindex: 8, Ifname: "bad\x1b[1m", Kind: "veth", State: "lowerlayerdown", Up: true, MAC: "02:fc:00:00:00:04", MTU: 1500, Master: "ovs", PeerUnseen: true},
				},
			},
			{
				Netns: inventory.Netns{Inode: 4026532256, Name: "shop/web-0", Path: "/run/netns/cni-1", Mounts: []string{"/run/netns/cni-1"}},
				Owner: root, HasOwner: true,
				Containers: []inventory.Container{
					{Runtime: "containerd", ID: id("aa"), Pod: pod},
					{Runtime: "containerd", ID: id("bb"), Name: "nginx", Pod: pod},
					{Runtime: "containerd", ID: id("cc"), Name: "log", Pod: pod},
				},
				Processes: []inventory.Process{{PID: 311, Comm: "pause"}, {PID: 402, Comm: "nginx"}},
				Devices: []inventory.Device{lo,
					{Ifindex: 2, Ifname: "eth0", Kind: "veth", State: "up", Up: true, MAC: "02:fc:00:00:00:05", MTU: 1500,
						Addresses: prefixes("10.88.0.2/16"), Peer: end(4026531840, "host", 7, "veth57703b6", "cni0")},
				},
			},
			{
				Netns:      inventory.Netns{Inode: 4026532300, Name: "foo.service", Path: "/proc/77/ns/net"},
				Containers: []inventory.Container{{Unit: "foo.service"}},
				Processes:  []inventory.Process{{PID: 77}},
				Devices:    []inventory.Device{lo, {Ifindex: 2, Ifname: "mv", Kind: "macvlan", State: "down", MAC: "02:fc:00:00:00:06", MTU: 1500, Parent: end(4026531840, "host", 2, "eth0", "")}},
			},
			{
				Netns: inventory.Netns{Inode: 4026532400, Path: "/proc/9/fd/7"},
				Owner: inventory.Owner{Userns: 4026532399, UID: 1000}, HasOwner: true,
				Threads: []inventory.Thread{{PID: 9, TID: 12, Comm: "dockerd"}},
				Files:   []inventory.File{{PID: 9, FD: 7, Comm: "dockerd"}},
				Devices: []inventory.Device{lo},
			},
			{
				Netns:  inventory.Netns{Inode: 4026532500, Mounts: []string{"/proc/5/root/a b"}},
				Unread: "its devices cannot be listed: its mount is covered by another one, and no process is in it",
			},
		},
	}
}

func TestNsText(t *testing.T) {
	for _, width := range []int{0, 80, 120} {
		var b bytes.Buffer
		if err := WriteNs(&b, testInventory(), width); err != nil {
			t.Fatal(err)
		}
		checkText(t, b.Bytes(), width)
		golden(t, fmt.Sprintf("ns-%d.txt", width), b.Bytes())
	}
	var b bytes.Buffer
	if err := WriteNs(&b, &inventory.Inventory{}, 80); err != nil || b.Len() > 0 {
		t.Errorf("of nothing: got %q, %v", b.String(), err)
	}
}

func nsDocument(t testing.TB, inv *inventory.Inventory) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteNsJSON(&b, inv, "6.18.44"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compileNsSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(NsSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("ns_schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("ns_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNsSchema(t *testing.T) {
	s := compileNsSchema(t)
	line := nsDocument(t, testInventory())
	for name, inv := range map[string]*inventory.Inventory{"full": testInventory(), "empty": {}, "bare": {Netns: []*inventory.Namespace{{Netns: inventory.Netns{Inode: 1}}}}} {
		if err := validate(s, nsDocument(t, inv)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct{ name, old, with string }{
		{"type", `"type":"ns"`, `"type":"stat"`},
		{"version", `"schema":1`, `"schema":2`},
		{"no processes", `"processes":[],`, ``},
		{"null devices", `"devices":[{"netns":4026531840`, `"devices":null,"x":[{"netns":4026531840`},
		{"neither devices nor reason", `,"unread":"its devices cannot be listed: its mount is covered by another one, and no process is in it"`, ``},
		{"empty name", `"netns_name":"host"`, `"netns_name":""`},
		{"unknown runtime", `"runtime":"containerd"`, `"runtime":"rkt"`},
		{"empty pod", `"pod":{"namespace":"shop","name":"web-0","uid":"0d8c4b6e-7f2a-4c55-9d0e-6b1f0a2c3d4e"}`, `"pod":{}`},
		{"unknown state", `"state":"lowerlayerdown"`, `"state":"LOWERLAYERDOWN"`},
		{"no state of being up", `"up":true,`, ``},
		{"address without prefix", `"127.0.0.1/8"`, `"127.0.0.1"`},
		{"peer without namespace", `"peer":{"netns":4026532256,`, `"peer":{`},
		{"parent without ifindex", `"parent":{"netns":4026531840,"netns_name":"host","ifindex":2,`, `"parent":{"netns":4026531840,"netns_name":"host",`},
		{"null warnings", `"warnings":[`, `"warnings":null,"x":[`},
		{"process 0", `"pid":311`, `"pid":0`},
	} {
		edited := edit(t, line, c.old, c.with)
		if !json.Valid(edited) {
			t.Errorf("%s: the test made invalid JSON: %s", c.name, edited)
		}
		if validate(s, edited) == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

// The page shows a valid document and names every field.
func TestNsDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/ns.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := fence.FindAllSubmatch(page, -1)
	if len(examples) == 0 {
		t.Error("no example")
	}
	for _, e := range examples {
		if err := validate(compileNsSchema(t), e[1]); err != nil {
			t.Errorf("%v\n%s", err, e[1])
		}
	}
	defs := map[string]bool{"properties": true, "items": true, "entry": true, "container": true, "ns_device": true, "end": true, "text": true, "id": true}
	for _, m := range property.FindAllSubmatch(NsSchema(), -1) {
		if name := string(m[1]); !defs[name] && !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("docs/ns.md does not name `%s`", name)
		}
	}
}
