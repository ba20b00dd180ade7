// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// readPorts asks for the ports of all bridges of the thread's namespace.
func (s *State) readPorts() error {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
	req.AddData(nl.NewIfInfomsg(unix.AF_BRIDGE))
	messages, err := req.Execute(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return fmt.Errorf("listing ports of bridges: %w", err)
	}
	for _, m := range messages {
		if len(m) < unix.SizeofIfInfomsg {
			continue
		}
		name, port, err := portOf(m[unix.SizeofIfInfomsg:])
		if err != nil {
			return fmt.Errorf("decoding port of a bridge: %w", err)
		}
		if port != nil {
			s.Ports[name] = *port
		}
	}
	return nil
}

// portOf reads the attributes of one link; nil if it is no port.
func portOf(b []byte) (name string, port *Port, err error) {
	attrs, err := attributes(b)
	if err != nil || attrs[unix.IFLA_PROTINFO] == nil {
		return "", nil, err
	}
	info, err := attributes(attrs[unix.IFLA_PROTINFO])
	if err != nil {
		return "", nil, err
	}
	port = &Port{Isolated: first(info[nl.IFLA_BRPORT_ISOLATED]) != 0, State: first(info[nl.IFLA_BRPORT_STATE])}
	return text(attrs[unix.IFLA_IFNAME]), port, nil
}

// first returns the first byte, 0 if there is none.
func first(b []byte) uint8 {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}
