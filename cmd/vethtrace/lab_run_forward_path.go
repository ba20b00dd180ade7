// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net/netip"
	"slices"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// forwardPath is what became of the probes of one family in one run.
type forwardPath struct {
	report.Path
	// forwarding is the value of the host's sysctl, see key.
	forwarding string
	// refused is how far the host's counter of packets that it may not forward
	// grew.
	refused uint64
}

// follow sends probes from the first container to the uplink, of each family.
func (s forwardStory) follow(ctx context.Context, l *lab.Lab) (paths []forwardPath, err error) {
	from, err := tracer.FindNetns(l.Containers[0].Netns)
	if err != nil {
		return nil, err
	}
	for _, to := range []netip.Prefix{l.Uplink.IPv4, l.Uplink.IPv6} {
		if !to.IsValid() || ctx.Err() != nil {
			continue
		}
		p := forwardPath{Path: report.Path{From: from, To: to.Addr().String(), Addr: to.Addr()}}
		p.Proto, _ = (&pathFlags{proto: "icmp"}).probe(p.Addr)
		forwarding, err := readSysctls(l.Host.Netns, p.key())
		if err != nil {
			return nil, err
		}
		p.forwarding = forwarding[0]
		before, err := kernelCounter(l.Host.Netns, p.counter())
		if err != nil {
			return nil, err
		}
		p.Result, err = packets.Run(ctx, packets.Options{
			From: from, To: p.Addr, Proto: p.Proto, Count: s.count, Interval: pathInterval, Size: 56,
		})
		if err != nil {
			return nil, err
		}
		after, err := kernelCounter(l.Host.Netns, p.counter())
		if err != nil {
			return nil, err
		}
		p.refused, p.Causes = after-before, explain(p.Result.Journeys)
		if err := s.show(&p); err != nil {
			return nil, err
		}
		paths = append(paths, p)
	}
	return paths, nil
}

func (s forwardStory) show(p *forwardPath) error {
	if err := report.WritePath(s.say, &p.Path, terminalWidth()); err != nil {
		return err
	}
	_, err := s.say.Write([]byte("\n"))
	return err
}

// key is the sysctl that says whether the host forwards.
func (p *forwardPath) key() string {
	if p.Addr.Is4() {
		return "net.ipv4.ip_forward"
	}
	return "net.ipv6.conf.all.forwarding"
}

// counter is the kernel's name for packets to an address that is not its own while
// it does not forward.
func (p *forwardPath) counter() string {
	if p.Addr.Is4() {
		return "IpInAddrErrors"
	}
	return "Ip6InAddrErrors"
}

func (p *forwardPath) family() string {
	if p.Addr.Is4() {
		return "IPv4"
	}
	return "IPv6"
}

// answered is how many probes were.
func (p *forwardPath) answered() (n int) {
	for i := range p.Result.Journeys {
		if p.Result.Journeys[i].End.Outcome == packets.Answered {
			n++
		}
	}
	return n
}

// told is the journey that stands for all: the first that was not answered, if
// there is one, with its cause. It is nil if no probe was sent.
func (p *forwardPath) told() (*packets.Journey, *report.Cause) {
	all := p.Result.Journeys
	if len(all) == 0 {
		return nil, nil
	}
	i := max(0, slices.IndexFunc(all, func(j packets.Journey) bool { return j.End.Outcome != packets.Answered }))
	return &all[i], p.Causes[i]
}

// reached are the devices that a packet came by on the way out, in order.
func reached(j *packets.Journey) (all []tracer.DeviceName) {
	for _, s := range j.Out {
		if !slices.ContainsFunc(all, func(d tracer.DeviceName) bool { return d.DeviceID == s.Device.DeviceID }) {
			all = append(all, s.Device)
		}
	}
	return all
}
