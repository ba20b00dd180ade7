// SPDX-License-Identifier: Apache-2.0

package inventory

import "cmp"

// Pod is a Kubernetes pod.
type Pod struct{ Namespace, Name, UID string }

// String returns NAMESPACE/NAME, empty when the name is not known.
func (p Pod) String() string {
	if p.Name == "" {
		return ""
	}
	return cmp.Or(p.Namespace, "default") + "/" + p.Name
}

// Container is what a process belongs to: a container, or else a unit of
// systemd. What is not known is empty; nothing is, if ID, Pod.UID and Unit are.
type Container struct {
	// Runtime is docker, containerd, cri-o, podman, runc, crun or lxc.
	Runtime string
	// ID is the runtime's, in full.
	ID string
	// Name is what its user called it. The container that only holds the
	// namespaces of a pod has none.
	Name string
	Pod  Pod
	// Unit is the systemd unit of a process that is in no container.
	Unit string
}

// shortID is how much of an ID is shown, as runtimes do it.
const shortID = 12

// ShortID returns the beginning of an ID of digits, or another ID as it is.
func (c Container) ShortID() string {
	if isHexID(c.ID) {
		return c.ID[:shortID]
	}
	return c.ID
}

// Label is what a namespace of it is called: NAMESPACE/POD, else the name of
// the container, the unit, or the beginning of the ID. Empty if nothing is
// known.
func (c Container) Label() string {
	return cmp.Or(c.Pod.String(), c.Name, c.Unit, c.ShortID())
}

// known says whether it is a container or a unit at all.
func (c Container) known() bool { return c.isContainer() || c.Unit != "" }

func (c Container) isContainer() bool { return c.ID != "" || c.Pod.UID != "" }

// same says whether two processes belong to the same thing.
func (c Container) same(d Container) bool {
	return c.known() && c.ID == d.ID && c.Pod.UID == d.Pod.UID && c.Unit == d.Unit
}
