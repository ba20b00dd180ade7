// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"time"
)

// retryAfter is how long a name that was not found is not looked for again.
const retryAfter = 3 * time.Second

// names finds the names of devices and namespaces. What the BPF side saw
// itself comes first, since it stays known after a device is gone; the rest
// is asked of the kernel by netlink.
type names struct {
	netns   map[uint32]Netns
	ifnames map[DeviceID]string
	asked   time.Time
	now     func() time.Time
}

func newNames() *names {
	n := &names{ifnames: make(map[DeviceID]string), now: time.Now}
	n.list()
	return n
}

func (n *names) list() {
	n.netns = make(map[uint32]Netns)
	for _, ns := range ListNetns() {
		n.netns[ns.Inode] = ns
	}
	n.asked = n.now()
}

// saw records the name of a device as the kernel's own structure has it.
func (n *names) saw(d DeviceID, ifname string) { n.ifnames[d] = ifname }

// refresh looks for the devices that have no name yet, at most once in
// retryAfter.
func (n *names) refresh(unknown []DeviceID) {
	if len(unknown) == 0 || n.now().Sub(n.asked) < retryAfter {
		return
	}
	n.list()
	n.ask(unknown)
}

// ask lists the devices of each namespace that an unnamed one is in.
func (n *names) ask(unknown []DeviceID) {
	done := make(map[uint32]bool)
	for _, d := range unknown {
		ns, ok := n.netns[d.Netns]
		if !ok || done[d.Netns] {
			continue
		}
		done[d.Netns] = true
		veths, err := vethsIn(ns.Path)
		if err != nil {
			continue // gone meanwhile: its devices stay without a name
		}
		for index, l := range veths {
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
