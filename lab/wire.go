// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// Wire is a connection that is there between a host and another machine, for
// which a namespace can stand. The lab uses both instead of making a host and an
// uplink. It adds IPv4 addresses of its own networks to the two devices, bridge
// and veth or what its topology needs to the host, and lets that forward IPv4;
// [Down] takes exactly these away. Nothing of IPv6 is changed: forwarding it
// would cost the host what routers have told it.
type Wire struct {
	// Host and Remote are namespaces: a name under /run/netns, a path, the ID of
	// a process, or, for the host, "" for the caller's own.
	Host   string `json:"host"`
	Remote string `json:"remote"`
	// Device and RemoteDevice are those at the ends of the wire, eth0 if "".
	Device       string `json:"device"`
	RemoteDevice string `json:"remote_device"`
}

// normalized is the wire as it is written down.
func (w Wire) normalized() (*Wire, error) {
	var err error
	if w.Host, err = resolveNetns(w.Host); err != nil {
		return nil, err
	}
	if w.Remote == "" {
		return nil, errors.New("the remote end of the wire needs a namespace")
	}
	if w.Remote, err = resolveNetns(w.Remote); err != nil {
		return nil, err
	}
	for _, device := range []*string{&w.Device, &w.RemoteDevice} {
		if *device == "" {
			*device = ifname
		}
		if err := validatePathName("device", *device); err != nil {
			return nil, err
		}
	}
	return &w, nil
}

func (w *Wire) equal(o *Wire) bool { return w == o || w != nil && o != nil && *w == *o }

// String is what a user would write after lab up.
func (w *Wire) String() string {
	text := ""
	if w.Host != ownNetns {
		text += " --host " + w.Host
	}
	return text + fmt.Sprintf(" --dev %s --remote %s --remote-dev %s", w.Device, w.Remote, w.RemoteDevice)
}

// checkWire says what of the lab's networks is in use at an end, or that it
// cannot send.
func (s *site) checkWire(w *Wire, subnet int) error {
	if err := s.adopt(w.Host); err != nil {
		return err
	}
	if err := s.adopt(w.Remote); err != nil {
		return err
	}
	for _, end := range []plannedEnd{{netns: w.Host, ifname: w.Device}, {netns: w.Remote, ifname: w.RemoteDevice}} {
		link, h, err := s.device(end.netns, end.ifname)
		if err != nil {
			return err
		}
		if !isUp(link) {
			return fmt.Errorf("device %q in namespace %q is down or has no carrier", end.ifname, end.netns)
		}
		routes, err := listRoutes(h)
		if err != nil {
			return err
		}
		for _, r := range routes {
			if err := clash(r, subnet); err != nil {
				return fmt.Errorf("namespace %q cannot be an end of the wire: %w", end.netns, err)
			}
		}
	}
	return nil
}

// theirs says that a device was there before the lab.
func (p *plan) theirs(netns, device string) bool {
	w := p.shape.Wire
	return w != nil && (netns == w.Host && device == w.Device || netns == w.Remote && device == w.RemoteDevice)
}

// hostDevice is where the host's way out is, uplinkDevice its other end.
func (p *plan) hostDevice() string {
	if w := p.shape.Wire; w != nil {
		return w.Device
	}
	return ifname
}

func (p *plan) uplinkDevice() string {
	if w := p.shape.Wire; w != nil {
		return w.RemoteDevice
	}
	return ifname
}

// bridgeName, vethName and natTable are of the host: plain where it is the lab's
// own, unlike any other where it was there before.
func (p *plan) bridgeName() string {
	if p.shape.Wire != nil {
		return fmt.Sprintf("vt%d-br", p.subnet)
	}
	return "br0"
}

func (p *plan) vethName(i int) string {
	if p.shape.Wire != nil {
		return fmt.Sprintf("vt%d-%s", p.subnet, role(i))
	}
	return "veth-" + role(i)
}

func (p *plan) natTable() string {
	if p.shape.Wire != nil {
		return fmt.Sprintf("vethtrace%d", p.subnet)
	}
	return ownTable
}

// macAtHost is what tells the lab's devices from others of the same name, nil
// where there are no others.
func (p *plan) macAtHost(device string) string {
	if p.shape.Wire == nil {
		return ""
	}
	sum := sha256.Sum256([]byte(p.name + "/" + device))
	return net.HardwareAddr(append([]byte{2}, sum[:5]...)).String()
}

// isOurs says that a device at the host is what the step made.
func (l *linkStep) isOurs(link netlink.Link) bool {
	return l.MAC == "" || link.Attrs().HardwareAddr.String() == l.MAC
}
