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
	attrs, err := nl.ParseRouteAttr(b)
	if err != nil {
		return "", nil, err
	}
	for _, a := range attrs {
		switch a.Attr.Type &^ unix.NLA_F_NESTED {
		case unix.IFLA_IFNAME:
			name = nl.BytesToString(a.Value)
		case unix.IFLA_PROTINFO:
			port = new(Port)
			inner, err := nl.ParseRouteAttr(a.Value)
			if err != nil {
				return "", nil, err
			}
			for _, i := range inner {
				switch {
				case len(i.Value) == 0:
				case i.Attr.Type == nl.IFLA_BRPORT_STATE:
					port.State = i.Value[0]
				case i.Attr.Type == nl.IFLA_BRPORT_ISOLATED:
					port.Isolated = i.Value[0] != 0
				}
			}
		}
	}
	return name, port, nil
}
