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
			if isUp(link.Attrs()) {
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

// isUp says that a device can send and receive. Those that have no state of
// their own say that of the one below, or unknown.
func isUp(attrs *netlink.LinkAttrs) bool {
	return attrs.OperState == netlink.OperUp ||
		attrs.OperState == netlink.OperUnknown && attrs.RawFlags&unix.IFF_LOWER_UP != 0
}
