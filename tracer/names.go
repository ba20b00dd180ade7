// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"time"
)

// retryAfter is how long a namespace that has been asked is left alone.
const retryAfter = 3 * time.Second

// names finds the names of devices and namespaces. What the BPF side saw
// itself comes first, since it stays known after a device is gone; the rest
// is asked of the kernel by netlink.
type names struct {
	netns   map[uint32]Netns
	ifnames map[DeviceID]string
	// asked is when the devices of a namespace were listed, listed when the
	// namespaces were.
	asked  map[uint32]time.Time
	listed time.Time
	now    func() time.Time
}

func newNames() *names {
	n := &names{
		ifnames: make(map[DeviceID]string),
		asked:   make(map[uint32]time.Time),
		now:     time.Now,
	}
	n.list()
	return n
}

func (n *names) list() {
	n.netns = make(map[uint32]Netns)
	for _, ns := range ListNetns() {
		n.netns[ns.Inode] = ns
	}
	n.listed = n.now()
}

// saw records the name of a device as the kernel's own structure has it.
func (n *names) saw(d DeviceID, ifname string) { n.ifnames[d] = ifname }

// find looks for devices that have no name yet. It asks each namespace for all
// its devices, at most once in retryAfter.
func (n *names) find(unknown []DeviceID) {
	for _, d := range unknown {
		if n.now().Sub(n.asked[d.Netns]) < retryAfter {
			continue
		}
		if _, ok := n.netns[d.Netns]; !ok && n.now().Sub(n.listed) >= retryAfter {
			n.list()
		}
		n.asked[d.Netns] = n.now()
		ns, ok := n.netns[d.Netns]
		if !ok {
			continue
		}
		links, err := linksIn(ns.Path)
		if err != nil {
			continue // gone meanwhile: its devices stay without a name
		}
		for index, l := range links {
			id := DeviceID{d.Netns, index}
			if _, known := n.ifnames[id]; !known {
				n.ifnames[id] = l.Attrs().Name
			}
		}
	}
}

// known says whether the device and its namespace have been found.
func (n *names) known(d DeviceID) bool {
	_, dev := n.ifnames[d]
	_, ns := n.netns[d.Netns]
	return dev && ns
}

// of returns a device with what is known of its names.
func (n *names) of(d DeviceID) DeviceName {
	return DeviceName{DeviceID: d, NetnsName: n.netns[d.Netns].Name, Ifname: n.ifnames[d]}
}
