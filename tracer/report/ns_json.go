// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

type nsJSON struct {
	Type     string        `json:"type"`
	Schema   int           `json:"schema"`
	Kernel   string        `json:"kernel"`
	Netns    []nsEntryJSON `json:"netns"`
	Warnings []string      `json:"warnings"`
}

type nsEntryJSON struct {
	Netns      uint32            `json:"netns"`
	NetnsName  string            `json:"netns_name,omitempty"`
	Path       string            `json:"path,omitempty"`
	Mounts     []string          `json:"mounts"`
	Owner      *nsOwnerJSON      `json:"owner,omitempty"`
	Processes  []nsProcessJSON   `json:"processes"`
	Threads    []nsThreadJSON    `json:"threads"`
	Files      []nsFileJSON      `json:"files"`
	Containers []nsContainerJSON `json:"containers"`
	Units      []string          `json:"units"`
	Devices    []nsDeviceJSON    `json:"devices,omitzero"`
	Unread     string            `json:"unread,omitempty"`
}

type nsOwnerJSON struct {
	Userns uint32 `json:"userns"`
	UID    uint32 `json:"uid"`
}

type nsProcessJSON struct {
	PID  int    `json:"pid"`
	Comm string `json:"comm,omitempty"`
}

type nsThreadJSON struct {
	PID  int    `json:"pid"`
	TID  int    `json:"tid"`
	Comm string `json:"comm,omitempty"`
}

type nsFileJSON struct {
	PID  int    `json:"pid"`
	FD   int    `json:"fd"`
	Comm string `json:"comm,omitempty"`
}

type nsContainerJSON struct {
	Runtime string     `json:"runtime,omitempty"`
	ID      string     `json:"id,omitempty"`
	Name    string     `json:"name,omitempty"`
	Pod     *nsPodJSON `json:"pod,omitempty"`
}

type nsPodJSON struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	UID       string `json:"uid,omitempty"`
}

type nsDeviceJSON struct {
	deviceJSON
	Kind       string        `json:"kind,omitempty"`
	State      string        `json:"state"`
	Up         bool          `json:"up"`
	MAC        string        `json:"mac,omitempty"`
	MTUBytes   int           `json:"mtu_bytes"`
	Addresses  []string      `json:"addresses"`
	Master     *nsMasterJSON `json:"master,omitempty"`
	Peer       *nsEndJSON    `json:"peer,omitempty"`
	Parent     *nsEndJSON    `json:"parent,omitempty"`
	PeerUnseen bool          `json:"peer_unseen"`
}

type nsMasterJSON struct {
	Ifname string `json:"ifname"`
	Kind   string `json:"kind,omitempty"`
}

type nsEndJSON struct {
	deviceJSON
	Bridge string `json:"bridge,omitempty"`
}

// WriteNsJSON writes namespaces as one line of JSON (docs/ns.md, [NsSchema]).
// The error is the writer's.
func WriteNsJSON(w io.Writer, inv *inventory.Inventory, kernel string) error {
	doc := nsJSON{Type: "ns", Schema: SchemaVersion, Kernel: kernel, Netns: []nsEntryJSON{}, Warnings: list(inv.Warnings)}
	for _, n := range inv.Netns {
		doc.Netns = append(doc.Netns, nsEntryOf(n))
	}
	return writeLine(w, doc, "ns")
}

func nsEntryOf(n *inventory.Namespace) nsEntryJSON {
	e := nsEntryJSON{
		Netns: n.Inode, NetnsName: n.Name, Path: n.Path, Mounts: list(n.Mounts),
		Processes: []nsProcessJSON{}, Threads: []nsThreadJSON{}, Files: []nsFileJSON{},
		Containers: []nsContainerJSON{}, Units: []string{}, Unread: n.Unread,
	}
	if n.HasOwner {
		e.Owner = &nsOwnerJSON{n.Owner.Userns, n.Owner.UID}
	}
	for _, p := range n.Processes {
		e.Processes = append(e.Processes, nsProcessJSON(p))
	}
	for _, t := range n.Threads {
		e.Threads = append(e.Threads, nsThreadJSON(t))
	}
	for _, f := range n.Files {
		e.Files = append(e.Files, nsFileJSON(f))
	}
	for _, c := range n.Containers {
		if c.Unit != "" {
			e.Units = append(e.Units, c.Unit)
			continue
		}
		e.Containers = append(e.Containers, nsContainerOf(c))
	}
	if n.Unread == "" {
		e.Devices = []nsDeviceJSON{}
	}
	for i := range n.Devices {
		e.Devices = append(e.Devices, nsDeviceOf(n, &n.Devices[i]))
	}
	return e
}

func nsContainerOf(c inventory.Container) nsContainerJSON {
	j := nsContainerJSON{Runtime: c.Runtime, ID: c.ID, Name: c.Name}
	if c.Pod != (inventory.Pod{}) {
		j.Pod = &nsPodJSON{c.Pod.Namespace, c.Pod.Name, c.Pod.UID}
	}
	return j
}

func nsDeviceOf(n *inventory.Namespace, d *inventory.Device) nsDeviceJSON {
	j := nsDeviceJSON{
		deviceJSON: deviceJSON{n.Inode, n.Name, d.Ifindex, d.Ifname},
		Kind:       d.Kind, State: d.State, Up: d.Up, MAC: d.MAC, MTUBytes: d.MTU,
		Addresses: []string{}, Peer: nsEndOf(d.Peer), Parent: nsEndOf(d.Parent), PeerUnseen: d.PeerUnseen,
	}
	for _, a := range d.Addresses {
		j.Addresses = append(j.Addresses, a.String())
	}
	if d.Master != "" {
		j.Master = &nsMasterJSON{d.Master, d.MasterKind}
	}
	return j
}

func nsEndOf(e *inventory.End) *nsEndJSON {
	if e == nil {
		return nil
	}
	return &nsEndJSON{deviceJSON{e.Netns, e.NetnsName, e.Ifindex, e.Ifname}, e.Bridge}
}
