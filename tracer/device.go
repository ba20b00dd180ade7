// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// key returns the device as the BPF side writes it.
func (d DeviceID) key() uint64 { return uint64(d.Netns)<<32 | uint64(d.Ifindex) }

// deviceOf is the inverse of key.
func deviceOf(key uint64) DeviceID {
	return DeviceID{Netns: uint32(key >> 32), Ifindex: uint32(key)}
}

// String returns the name for people: namespace/interface.
func (n DeviceName) String() string {
	ns, dev := n.NetnsName, n.Ifname
	if ns == "" {
		ns = fmt.Sprint(n.Netns)
	}
	if dev == "" {
		dev = fmt.Sprintf("if%d", n.Ifindex)
	}
	return ns + "/" + dev
}

// linksIn lists the devices of a network namespace by ifindex. Needs
// CAP_SYS_ADMIN for another namespace than the own one.
func linksIn(path string) (map[uint32]netlink.Link, error) {
	ns, err := netns.GetFromPath(path)
	if err != nil {
		return nil, fmt.Errorf("opening network namespace %s: %w", path, err)
	}
	defer ns.Close()
	// Of the families only this one: opening others loads their modules.
	h, err := netlink.NewHandleAt(ns, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("entering network namespace %s: %w", path, err)
	}
	defer h.Close()
	// Of a list that changes while it is read, what was read is of use.
	links, err := h.LinkList()
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return nil, fmt.Errorf("listing devices in %s: %w", path, err)
	}
	byIndex := make(map[uint32]netlink.Link)
	for _, l := range links {
		byIndex[uint32(l.Attrs().Index)] = l
	}
	return byIndex, nil
}

// isOneOf says whether a device is of one of these kinds.
func isOneOf(l netlink.Link, kinds []Kind) bool {
	for _, k := range kinds {
		if k == KindLoopback && l.Attrs().RawFlags&unix.IFF_LOOPBACK != 0 || l.Type() == k.String() {
			return true
		}
	}
	return false
}

// countVeths returns the number of veth devices in the own namespace, 0 if
// they cannot be listed.
func countVeths() int {
	links, err := linksIn("/proc/thread-self/ns/net")
	if err != nil {
		return 0
	}
	n := 0
	for _, l := range links {
		if isOneOf(l, []Kind{KindVeth}) {
			n++
		}
	}
	return n
}

// FindDevices returns the devices called name, in one network namespace (an
// inode) or, with 0, in all that can be found, that are of one of the kinds;
// none means veth. A name may be written NETNS/DEVICE as tables show it.
func FindDevices(name string, in uint32, kinds ...Kind) ([]DeviceID, error) {
	kinds = kindsOrVeth(kinds)
	// A pod's name has a slash itself.
	i := strings.LastIndexByte(name, '/')
	wantNS, ifname, qualified := name[:max(i, 0)], name[i+1:], i >= 0
	var found []DeviceID
	var other []string
	for _, ns := range ListNetns() {
		if in != 0 && ns.Inode != in || qualified && !ns.called(wantNS) {
			continue
		}
		links, err := linksIn(ns.Path)
		if err != nil {
			continue // gone since it was listed
		}
		for index, l := range links {
			if !isOneOf(l, kinds) {
				continue
			}
			if l.Attrs().Name == ifname {
				found = append(found, DeviceID{ns.Inode, index})
			} else {
				other = append(other, l.Attrs().Name)
			}
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	slices.Sort(other)
	other = slices.Compact(other)
	what := kindList(kinds)
	if len(other) == 0 {
		return nil, fmt.Errorf("no %s device %q: there is no %s device where it was looked for", what, name, what)
	}
	const most = 8
	list := strings.Join(other[:min(len(other), most)], ", ")
	if len(other) > most {
		list += fmt.Sprintf(" and %d more", len(other)-most)
	}
	return nil, fmt.Errorf("no %s device %q: the %s devices are %s", what, name, what, list)
}
