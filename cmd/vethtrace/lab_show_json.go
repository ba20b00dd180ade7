// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"io"

	"github.com/vethtrace/vethtrace/lab"
)

// labDocJSON is the document of lab show, see docs/lab-topologies.md.
type labDocJSON struct {
	Type     string `json:"type"`
	Schema   int    `json:"schema"`
	Name     string `json:"name"`
	Topology string `json:"topology,omitempty"`
	// Ends are those of a pair, or the containers.
	Ends    []labEndJSON    `json:"ends"`
	Host    *labEndJSON     `json:"host,omitempty"`
	Uplink  *labEndJSON     `json:"uplink,omitempty"`
	Changes []labChangeJSON `json:"changes"`
}

// labEndJSON is one end in the JSON document.
type labEndJSON struct {
	Netns     uint64 `json:"netns"`
	NetnsName string `json:"netns_name"`
	Ifindex   int    `json:"ifindex"`
	Ifname    string `json:"ifname"`
	MAC       string `json:"mac"`
	IPv4      string `json:"ipv4"`
	IPv6      string `json:"ipv6,omitempty"`
	Up        bool   `json:"up"`
	RXPackets uint64 `json:"rx_packets"`
	TXPackets uint64 `json:"tx_packets"`
}

// labChangeJSON is one change. Netns, Ifindex and Ifname are as everywhere.
type labChangeJSON struct {
	Kind      lab.Kind `json:"kind"`
	Netns     uint64   `json:"netns"`
	NetnsName string   `json:"netns_name"`
	Ifindex   int      `json:"ifindex,omitempty"`
	Ifname    string   `json:"ifname,omitempty"`
	Key       string   `json:"key,omitempty"`
	Before    string   `json:"before"`
	After     string   `json:"after"`
}

func writeLabJSON(w io.Writer, l *lab.Lab) error {
	doc := labDocJSON{
		Type: "lab", Schema: 1, Name: l.Name, Topology: string(l.Shape.Topology),
		Ends: []labEndJSON{}, Changes: changesJSON(l.Changes),
	}
	for _, e := range l.Containers {
		doc.Ends = append(doc.Ends, labEnd(e))
	}
	if l.Host != nil {
		host, uplink := labEnd(*l.Host), labEnd(*l.Uplink)
		doc.Host, doc.Uplink = &host, &uplink
	}
	return json.NewEncoder(w).Encode(doc)
}

func labEnd(e lab.End) labEndJSON {
	j := labEndJSON{
		Netns: e.NetnsInode, NetnsName: e.Netns, Ifindex: e.Ifindex, Ifname: e.Ifname,
		MAC: e.MAC.String(), IPv4: e.IPv4.String(), Up: e.Up,
		RXPackets: e.RXPackets, TXPackets: e.TXPackets,
	}
	if e.IPv6.IsValid() {
		j.IPv6 = e.IPv6.String()
	}
	return j
}

func changesJSON(changes []lab.Change) []labChangeJSON {
	all := []labChangeJSON{}
	for _, c := range changes {
		all = append(all, labChangeJSON{
			Kind: c.Kind, Netns: c.Inode, NetnsName: c.Netns, Ifindex: c.Ifindex, Ifname: c.Device,
			Key: c.Key, Before: c.Before, After: c.After,
		})
	}
	return all
}
