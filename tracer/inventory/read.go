// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Read returns every network namespace that a process, a thread, an open file
// or a mount holds, with its devices. One that only a socket holds is not
// found. What the caller may not read is in the warnings, and in
// [Namespace.Unread]: all needs CAP_SYS_PTRACE and CAP_SYS_ADMIN.
func Read() *Inventory {
	s := thisMachine().find()
	inv := &Inventory{Netns: s.namespaces(), Warnings: s.warnings()}
	var open []*place
	for _, n := range inv.Netns {
		p, err := look(n)
		if err != nil {
			n.Unread = reason(err)
		}
		if p != nil {
			open = append(open, p)
			defer p.ns.Close()
		}
	}
	for _, p := range open {
		connect(p, open)
	}
	return inv
}

// look opens a namespace and reads what is in it. The place is nil if it cannot
// be opened; its caller closes it.
func look(n *Namespace) (*place, error) {
	if n.Path == "" {
		return nil, errCovered
	}
	f, err := os.Open(n.Path)
	if err != nil {
		return nil, err
	}
	// The path may be another namespace's by now.
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil || uint32(st.Ino) != n.Inode {
		return nil, errors.Join(errGone, f.Close())
	}
	p := &place{Namespace: n, ns: f}
	n.Owner, err = ownerOf(f)
	n.HasOwner = err == nil
	h, err := handleIn(f)
	if err != nil {
		return p, err
	}
	defer h.Close()
	if p.links, err = readLinks(h); err != nil {
		return p, err
	}
	n.Devices, err = devicesOf(h, p.links)
	return p, err
}

var (
	errCovered = errors.New("its mount is covered by another one, and no process is in it")
	errGone    = errors.New("it ended meanwhile")
)

// reason says in words why a namespace could not be read.
func reason(err error) string {
	if errors.Is(err, os.ErrPermission) {
		return "its devices cannot be listed without CAP_SYS_ADMIN and CAP_SYS_PTRACE: run as root"
	}
	return "its devices cannot be listed: " + err.Error()
}
