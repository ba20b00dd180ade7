// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// linkStep makes a device, or a pair of them. Netns is one that the lab made, or
// that of a host which was there: deleting what is there deletes the other end
// too, wherever that is and whatever it is called by then, and nothing else.
type linkStep struct {
	// Kind is that of ip link: veth, netkit, bridge, macvlan, ipvlan.
	Kind  string `json:"kind"`
	Netns string `json:"netns"`
	Name  string `json:"name"`
	// PeerNetns and PeerName are the other end of a pair, or where a device on
	// top of Name is to go.
	PeerNetns string `json:"peer_netns,omitempty"`
	PeerName  string `json:"peer_name,omitempty"`
	// Mode of ipvlan: l2, l3, l3s.
	Mode   string `json:"mode,omitempty"`
	MTU    int    `json:"mtu,omitempty"`
	Queues int    `json:"queues,omitempty"`
	// MAC of Name, by which it is known in a namespace that was there.
	MAC string `json:"mac,omitempty"`
	// Theirs says that the device below a stacked one was there, which then does
	// not go with it.
	Theirs bool `json:"theirs,omitempty"`
}

// stacked says that Name is there already and gets a device on top.
func (l *linkStep) stacked() bool { return l.Kind == "macvlan" || l.Kind == "ipvlan" }

// interim is the name of a stacked device until it is where it belongs: the
// kernel looks for the final one among the devices of the lower one's namespace,
// too.
const interim = "vethtrace-new"

func (l *linkStep) do(s *site) error {
	h, err := s.handle(l.Netns)
	if err != nil {
		return err
	}
	link, err := l.link(s)
	if err != nil {
		return err
	}
	err = h.LinkAdd(link)
	if errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("this kernel has no %s devices: %w", l.Kind, err)
	}
	if err != nil {
		return fmt.Errorf("creating %s %q in namespace %q: %w", l.Kind, l.Name, l.Netns, err)
	}
	s.step("link " + l.Kind)
	if !l.stacked() {
		return nil
	}
	made, h, err := s.device(l.PeerNetns, interim)
	if err != nil {
		return err
	}
	if err := h.LinkSetName(made, l.PeerName); err != nil {
		return fmt.Errorf("naming device %q in namespace %q: %w", l.PeerName, l.PeerNetns, err)
	}
	return nil
}

// link is what netlink is asked to make.
func (l *linkStep) link(s *site) (netlink.Link, error) {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.NumTxQueues, attrs.NumRxQueues = l.Name, l.MTU, l.Queues, l.Queues
	if l.MAC != "" {
		mac, err := net.ParseMAC(l.MAC)
		if err != nil {
			return nil, fmt.Errorf("reading a MAC address: %w", err)
		}
		attrs.HardwareAddr = mac
	}
	if l.Kind == "bridge" {
		return &netlink.Bridge{LinkAttrs: attrs}, nil
	}
	peer, err := s.netns(l.PeerNetns)
	if err != nil {
		return nil, err
	}
	there := netlink.NsFd(int(peer.Fd()))
	switch l.Kind {
	case "veth":
		return &netlink.Veth{LinkAttrs: attrs, PeerName: l.PeerName, PeerNamespace: there, PeerTxQLen: -1}, nil
	case "netkit":
		peerAttrs := attrs
		peerAttrs.Name, peerAttrs.Namespace, peerAttrs.HardwareAddr = l.PeerName, there, nil
		n := &netlink.Netkit{
			LinkAttrs: attrs, Mode: netlink.NETKIT_MODE_L2,
			Scrub: netlink.NETKIT_SCRUB_DEFAULT, PeerScrub: netlink.NETKIT_SCRUB_DEFAULT,
		}
		n.SetPeerAttrs(&peerAttrs)
		return n, nil
	}
	lower, _, err := s.device(l.Netns, l.Name)
	if err != nil {
		return nil, err
	}
	attrs.Name, attrs.ParentIndex, attrs.Namespace = interim, lower.Attrs().Index, there
	if l.Kind == "macvlan" {
		return &netlink.Macvlan{LinkAttrs: attrs, Mode: netlink.MACVLAN_MODE_BRIDGE}, nil
	}
	mode := map[string]netlink.IPVlanMode{
		"l2": netlink.IPVLAN_MODE_L2, "l3": netlink.IPVLAN_MODE_L3, "l3s": netlink.IPVLAN_MODE_L3S,
	}[l.Mode]
	return &netlink.IPVlan{LinkAttrs: attrs, Mode: mode}, nil
}

// undo has nothing to do for a stacked device that goes with the one below,
// which the lab made before.
func (l *linkStep) undo(s *site) error {
	switch {
	case l.stacked() && l.Theirs:
		return l.undoStacked(s)
	case l.stacked():
		return nil
	}
	return deleteLink(s, l.Netns, l.Name, l.isOurs)
}

// undoStacked deletes at once what would go with its namespace, but later: until
// then a device can have no others on top than of the same kind.
func (l *linkStep) undoStacked(s *site) error {
	lower, _, err := s.device(l.Netns, l.Name)
	if isGone(err) {
		return nil
	}
	if err != nil {
		return err
	}
	ours := func(link netlink.Link) bool {
		return link.Type() == l.Kind && link.Attrs().ParentIndex == lower.Attrs().Index
	}
	return errors.Join(deleteLink(s, l.PeerNetns, l.PeerName, ours), deleteLink(s, l.PeerNetns, interim, ours))
}

// deleteLink leaves what is not ours.
func deleteLink(s *site, netns, name string, ours func(netlink.Link) bool) error {
	link, h, err := s.device(netns, name)
	if isGone(err) || err == nil && !ours(link) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := h.LinkDel(link); err != nil && !errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("deleting device %q in namespace %q: %w", name, netns, err)
	}
	return nil
}

func (l *linkStep) script() []string {
	options := ""
	if l.MTU > 0 {
		options += fmt.Sprintf(" mtu %d", l.MTU)
	}
	if l.Queues > 0 {
		options += fmt.Sprintf(" numtxqueues %d numrxqueues %d", l.Queues, l.Queues)
	}
	peerOptions := options
	if l.MAC != "" {
		options += " address " + l.MAC
	}
	switch {
	case l.Kind == "bridge":
		return []string{ip(l.Netns, "link add %s%s type bridge", l.Name, options)}
	case !l.stacked():
		return []string{ip(l.Netns, "link add %s%s type %s peer name %s netns %s%s",
			l.Name, options, l.kindAndMode(), l.PeerName, quote(l.PeerNetns), peerOptions)}
	}
	return []string{
		ip(l.Netns, "link add link %s name %s netns %s%s type %s", l.Name, interim, quote(l.PeerNetns), options, l.kindAndMode()),
		ip(l.PeerNetns, "link set %s name %s", interim, l.PeerName),
	}
}

func (l *linkStep) kindAndMode() string {
	switch l.Kind {
	case "macvlan":
		return "macvlan mode bridge"
	case "ipvlan":
		return "ipvlan mode " + l.Mode
	case "netkit":
		return "netkit mode l2"
	}
	return l.Kind
}

func (l *linkStep) unscript() []string {
	switch {
	case l.stacked() && l.Theirs:
		return []string{ip(l.PeerNetns, "link del %s", l.PeerName)}
	case l.stacked():
		return nil
	}
	return []string{ip(l.Netns, "link del %s", l.Name)}
}
