// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// carrierTimeout bounds the wait for the kernel's link watch, which usually
// takes under a millisecond but may be put off for a second.
const carrierTimeout = 5 * time.Second

// waitReady waits until every device may send: before that its queueing
// discipline is noop, which drops everything.
func (s *site) waitReady(p *plan) error {
	deadline := time.Now().Add(carrierTimeout)
	for _, st := range p.steps {
		a := st.Adjust
		if a == nil || a.Name == "lo" {
			continue
		}
		for {
			link, _, err := s.device(a.Netns, a.Name)
			if err != nil {
				return err
			}
			if isUp(link) {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("device %q in namespace %q has no carrier after %v", a.Name, a.Netns, carrierTimeout)
			}
			time.Sleep(time.Millisecond)
		}
	}
	return nil
}

// isUp says that a device can send and receive. A pair or a bridge is unknown
// until the link watch has made its queueing discipline work; others, such as
// ipvlan, may be that for good.
func isUp(link netlink.Link) bool {
	attrs := link.Attrs()
	switch link.Type() {
	case "veth", "netkit", "bridge":
		return attrs.OperState == netlink.OperUp
	}
	return attrs.OperState == netlink.OperUp ||
		attrs.OperState == netlink.OperUnknown && attrs.RawFlags&unix.IFF_LOWER_UP != 0
}
