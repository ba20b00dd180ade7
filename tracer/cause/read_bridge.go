// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"bytes"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// stpState is IFLA_BR_STP_STATE of include/uapi/linux/if_link.h.
const stpState = 5

// readBridges asks for the bridges of the thread's namespace that run STP.
func (s *State) readBridges() error {
	req := nl.NewNetlinkRequest(unix.RTM_GETLINK, unix.NLM_F_DUMP)
	req.AddData(nl.NewIfInfomsg(unix.AF_UNSPEC))
	messages, err := req.Execute(unix.NETLINK_ROUTE, 0)
	if err != nil {
		return fmt.Errorf("listing bridges: %w", err)
	}
	for _, m := range messages {
		if len(m) < unix.SizeofIfInfomsg {
			continue
		}
		name, stp, err := stpOf(m[unix.SizeofIfInfomsg:])
		if err != nil {
			return fmt.Errorf("decoding a bridge: %w", err)
		}
		if stp {
			s.STP[name] = true
		}
	}
	return nil
}

// stpOf reads the attributes of one link.
func stpOf(b []byte) (name string, stp bool, err error) {
	attrs, err := attributes(b)
	if err != nil {
		return "", false, err
	}
	info, err := attributes(attrs[unix.IFLA_LINKINFO])
	if err != nil || text(info[nl.IFLA_INFO_KIND]) != "bridge" {
		return "", false, err
	}
	data, err := attributes(info[nl.IFLA_INFO_DATA])
	if err != nil {
		return "", false, err
	}
	state := data[stpState]
	return text(attrs[unix.IFLA_IFNAME]), len(state) == 4 && nl.NativeEndian().Uint32(state) != 0, nil
}

// text reads a string that ends with a zero byte, or an absent one.
func text(b []byte) string { return string(bytes.TrimRight(b, "\x00")) }

// attributes are those of a message, by type.
func attributes(b []byte) (map[uint16][]byte, error) {
	list, err := nl.ParseRouteAttr(b)
	if err != nil {
		return nil, err
	}
	all := make(map[uint16][]byte)
	for _, a := range list {
		all[a.Attr.Type&^unix.NLA_F_NESTED] = a.Value
	}
	return all, nil
}
