// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"

	"github.com/vethtrace/vethtrace/nsenter"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
	"github.com/vethtrace/vethtrace/tracer/path"
)

// read reads the state where a journey ended. What can be read is there whatever
// the error.
func read(j *path.Journey) (*State, error) {
	e := &j.End
	s := &State{
		Netns: e.Netns, Machine: inventory.Read().Netns,
		Sysctl: make(map[string]string), Ports: make(map[string]Port),
		STP: make(map[string]bool), Qdiscs: make(map[string]string),
	}
	// The first thread of the process may be in another one. Without it commands
	// say where they run.
	s.Own, _ = inventory.InodeAt("/proc/thread-self/ns/net")
	if found := s.named(e.Netns.Inode); found.Path != "" {
		s.Netns.Path = found.Path
	}
	err := nsenter.At(s.Netns.Path, func() error { return s.readHere(e) })
	s.readSender(j)
	s.readPeer(e)
	s.readMachine()
	p := &problem{s, j, e}
	s.Filter = p.filter(false)
	if !e.Answer {
		s.FilterAnswer = p.filter(true)
	}
	return s, err
}

// readHere reads what is asked for on a thread in the namespace.
func (s *State) readHere(e *path.End) error {
	s.readSettings(e)
	device := ""
	if dst := e.Flow.Dst.Addr(); dst.IsLinkLocalUnicast() && e.Out != nil {
		device = e.Out.Ifname
	}
	var errs [6]error
	s.To, errs[0] = routeTo(e.Flow.Dst.Addr(), device)
	if src := e.Flow.Src.Addr(); !src.IsUnspecified() {
		s.Back, errs[1] = routeTo(src, "")
	}
	s.Neighbour, errs[2] = s.neighbour(e)
	errs[3] = s.readPorts()
	errs[4] = s.readBridges()
	errs[5] = s.readQdiscs()
	s.Sockets = sockets(e.Flow)
	s.ChecksumErrors, s.BadChecksums = checksumErrors(e.Flow)
	return errors.Join(errs[:]...)
}

// readSettings reads settings of the thread's namespace.
func (s *State) readSettings(e *path.End) {
	names := []string{
		"net.ipv4.ip_forward", "net.ipv4.conf.all.rp_filter", "net.ipv4.icmp_echo_ignore_all", "net.core.somaxconn",
		"net.ipv6.conf.all.forwarding", "net.ipv6.conf.all.disable_ipv6", "net.ipv6.icmp.echo_ignore_all",
	}
	for _, d := range []*tracer.DeviceName{e.In, e.Out} {
		if d == nil || d.Ifname == "" {
			continue
		}
		names = append(names, setting("ipv4", d.Ifname, "forwarding"), setting("ipv4", d.Ifname, "rp_filter"),
			setting("ipv6", d.Ifname, "disable_ipv6"))
	}
	s.readAll(names...)
}

// readAll reads settings of the thread's namespace. One that is not there, as
// those of IPv6 where there is none, is left out.
func (s *State) readAll(names ...string) {
	for _, name := range names {
		if value, err := readSysctl(name); err == nil {
			s.Sysctl[name] = value
		}
	}
}

func readSysctl(name string) (string, error) {
	if !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, ".", "/")
	}
	b, err := os.ReadFile("/proc/sys/" + name)
	return strings.TrimSpace(string(b)), err
}

// readSender reads the TTL that what ended began with by default.
func (s *State) readSender(j *path.Journey) {
	first := (&problem{s, j, &j.End}).firstSighting()
	if first == nil {
		return
	}
	name := "net.ipv4.ip_default_ttl"
	if first.Flow.Dst.Addr().Is6() {
		name = setting("ipv6", first.Device.Ifname, "hop_limit")
	}
	// Without it the cause is told without its default.
	_ = nsenter.At(s.named(first.Device.Netns).Path, func() error {
		value, err := readSysctl(name)
		if err == nil {
			s.SenderTTL, err = strconv.Atoi(value)
		}
		return err
	})
}

// readMachine reads settings that only the initial namespace has.
func (s *State) readMachine() {
	initial := (&problem{State: s}).initial()
	_ = nsenter.At(s.named(initial.Inode).Path, func() error { // evidence, and no more
		s.readAll(backlogSetting, "net.core.rmem_default")
		return nil
	})
}

// readPeer reads the ports of the bridge at the other end of the device it was to
// leave by.
func (s *State) readPeer(e *path.End) {
	p := &problem{State: s, end: e}
	d := p.device(s.Netns.Inode, p.out())
	if d == nil || d.Peer == nil || d.Peer.Bridge == "" {
		return
	}
	peer := &State{Netns: s.named(d.Peer.Netns), Own: s.Own, Machine: s.Machine, Ports: make(map[string]Port), STP: make(map[string]bool)}
	if nsenter.At(peer.Netns.Path, func() error { return errors.Join(peer.readPorts(), peer.readBridges()) }) == nil {
		s.Peer = peer
	}
}

// readQdiscs reads the kinds of root qdiscs of the thread's namespace.
func (s *State) readQdiscs() error {
	n := s.namespace(s.Netns.Inode)
	all, err := netlink.QdiscList(nil)
	if err != nil || n == nil {
		return err
	}
	for _, d := range n.Devices {
		for _, q := range all {
			if a := q.Attrs(); uint32(a.LinkIndex) == d.Ifindex && a.Parent == netlink.HANDLE_ROOT {
				s.Qdiscs[d.Ifname] = q.Type()
			}
		}
	}
	return nil
}
