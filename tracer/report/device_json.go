// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

type deviceJSON struct {
	Netns     uint32 `json:"netns"`
	NetnsName string `json:"netns_name,omitempty"`
	Ifindex   uint32 `json:"ifindex"`
	Ifname    string `json:"ifname,omitempty"`
}

func deviceOf(d tracer.DeviceName) deviceJSON {
	return deviceJSON{d.Netns, d.NetnsName, d.Ifindex, d.Ifname}
}

type flowJSON struct {
	Family string `json:"family"`
	Proto  string `json:"proto"`
	Src    string `json:"src"`
	Sport  uint16 `json:"sport"`
	Dst    string `json:"dst"`
	Dport  uint16 `json:"dport"`
	ID     uint16 `json:"id,omitempty"`
}

func flowOf(k *tracer.FlowKey) flowJSON {
	return flowJSON{
		Family: family(k),
		Proto:  string(appendProto(nil, k.Proto)),
		Src:    k.Src.Addr().WithZone("").String(),
		Sport:  k.Src.Port(),
		Dst:    k.Dst.Addr().WithZone("").String(),
		Dport:  k.Dst.Port(),
		ID:     k.ID,
	}
}

func family(k *tracer.FlowKey) string {
	if k.Src.Addr().Is4() {
		return "ipv4"
	}
	return "ipv6"
}
