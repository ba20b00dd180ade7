// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// A tag may be in the packet, between the Ethernet and the IP header.
func TestPathTaggedFrames(t *testing.T) {
	onceInVM(t)
	for name, tags := range map[string][]uint16{
		"no tag": nil,
		"802.1Q": {unix.ETH_P_8021Q},
		"QinQ":   {unix.ETH_P_8021AD, unix.ETH_P_8021Q},
	} {
		if skipInVM(name, "QinQ") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			a, b := l.Ends[0], l.Ends[1]
			key := FlowKey{Proto: protoUDP, Src: netip.AddrPortFrom(a.IPv4.Addr(), 40001), Dst: netip.AddrPortFrom(b.IPv4.Addr(), 40002)}
			frame := append(append([]byte{}, b.MAC...), a.MAC...)
			for i, etherType := range tags {
				frame = binary.BigEndian.AppendUint16(frame, etherType)
				frame = binary.BigEndian.AppendUint16(frame, uint16(7+i)) // the VLAN
			}
			frame = udpIn(binary.BigEndian.AppendUint16(frame, unix.ETH_P_IP), key.Src, key.Dst, 100)
			wantUDPFlow(t, l, key, uint64(len(frame)), func(n int) { sendFrames(t, a, frame, n) })
		})
	}
}

// wantUDPFlow sends n packets of a flow over a lab and fails unless they are
// hops of that flow, found by a filter too.
func wantUDPFlow(t *testing.T, l *lab.Lab, key FlowKey, each uint64, sendSome func(n int)) {
	t.Helper()
	pair := onLab(l)
	tr := startTrace(t, Options{Filter: onLab(l)})
	filtered := startTrace(t, Options{Filter: Filter{
		Devices: pair.Devices, Port: key.Dst.Port(), Prefix: netip.PrefixFrom(key.Src.Addr(), 32), Proto: protoUDP,
	}})
	m := newMeter(t, tr, l)
	const count = 200
	sendSome(count)
	got := m.settle()
	m.wantExact(got[:], 0)
	lost := got[1].missed + got[1].unseen()
	f := flowIn(snapshot(t, tr), key)
	if f.Hops > count || f.Hops+lost < count || f.Bytes != f.Hops*each {
		t.Errorf("%v: %d hops of %d bytes, lost %d, want %d of %d bytes each", key, f.Hops, f.Bytes, lost, count, each)
	}
	var hops uint64
	if !poll(func() bool {
		hops = flowIn(snapshot(t, filtered), key).Hops
		return hops <= count && hops+lost >= count
	}) {
		t.Errorf("%d hops with a filter by port, address and protocol, lost %d, want %d", hops, lost, count)
	}
}

// Over VLAN devices on a pair the tag is beside the packet where veth takes it
// so, which it does by default, else in it.
func TestPathVLAN(t *testing.T) {
	onceInVM(t)
	tests := []struct {
		name      string
		protocols []netlink.VlanProtocol
		txvlan    string
		// inData is how many bytes of tags are in the packet.
		inData uint64
	}{
		{"tag offloaded", []netlink.VlanProtocol{netlink.VLAN_PROTOCOL_8021Q}, "on", 0},
		{"tag in the packet", []netlink.VlanProtocol{netlink.VLAN_PROTOCOL_8021Q}, "off", 4},
		{"QinQ", []netlink.VlanProtocol{netlink.VLAN_PROTOCOL_8021AD, netlink.VLAN_PROTOCOL_8021Q}, "on", 4},
	}
	for _, tt := range tests {
		if skipInVM(tt.name, "tag in the packet") {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			over := *l
			for i, e := range l.Ends {
				lower := e
				for j, protocol := range tt.protocols {
					lower = addUpper(t, lower, e.Netns, []string{"vlan", "inner"}[j], func(attrs netlink.LinkAttrs) netlink.Link {
						return &netlink.Vlan{LinkAttrs: attrs, VlanId: 7 + j, VlanProtocol: protocol}
					})
				}
				addAddress(t, &lower, []string{"192.0.2.1/24", "192.0.2.2/24"}[i])
				over.Ends[i] = lower
				command(t, e.Netns, "ethtool", "-K", e.Ifname, "txvlan", tt.txvlan)
			}
			send(t, &over, lab.Ping{Count: 2, CPU: -1})

			key := FlowKey{
				Proto: protoUDP, Src: netip.AddrPortFrom(over.Ends[0].IPv4.Addr(), 40001), Dst: netip.AddrPortFrom(over.Ends[1].IPv4.Addr(), 40002),
			}
			wantUDPFlow(t, l, key, 14+tt.inData+20+8+8, func(n int) { sendUDP(t, &over, false, 40001, 40002, n) })

			m := newMeter(t, startTrace(t, Options{Filter: onLab(l)}), l)
			const count = 200
			send(t, &over, lab.Ping{Count: count, CPU: -1})
			send(t, &over, lab.Stream{Bytes: 4 << 20, CPU: -1})
			got := m.settle()
			m.wantExact(got[:], 0)
			for i, g := range got {
				if g.kernel.rxPackets < count {
					t.Errorf("end %d: %d packets, want %d at least", i, g.kernel.rxPackets, count)
				}
			}
		})
	}
}
