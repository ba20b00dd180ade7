// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"cmp"
	"slices"
)

// Inventory is all that was found.
type Inventory struct {
	// Netns has the host's first, then those with a name.
	Netns []*Namespace
	// Warnings are sentences about what could not be read, and why.
	Warnings []string
}

// Namespace is a network namespace with who holds it and what is in it.
type Namespace struct {
	Netns
	// Owner is unknown if HasOwner is false: without the right to open the
	// namespace, or when the owner is outside of the own user namespace.
	Owner    Owner
	HasOwner bool
	// Processes are those in it, by PID.
	Processes []Process
	// Threads are those that are in it without the rest of their process.
	Threads []Thread
	// Files are open files of processes, in it or not, that hold it.
	Files []File
	// Containers are what its processes belong to. Units are not listed for
	// the host's.
	Containers []Container
	// Devices are those in it, by ifindex. Unread says why they could not be
	// listed.
	Devices []Device
	Unread  string
}

// Owner is who may administer a namespace.
type Owner struct {
	// Userns is the inode of the user namespace it belongs to, UID the user
	// who made that one, as seen from the own user namespace.
	Userns uint32
	UID    uint32
}

// Process is a process in a namespace.
type Process struct {
	PID  int
	Comm string
}

// Thread is a thread that is in another namespace than its process.
type Thread struct {
	PID, TID int
	Comm     string
}

// File is an open file that holds a namespace.
type File struct {
	PID, FD int
	Comm    string
}

// order sorts as [Inventory.Netns] says.
func order(all []*Namespace) {
	rank := func(n *Namespace) int {
		switch n.Name {
		case Host:
			return 0
		case "":
			return 2
		}
		return 1
	}
	slices.SortFunc(all, func(a, b *Namespace) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Inode, b.Inode))
	})
}
