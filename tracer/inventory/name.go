// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"cmp"
	"path/filepath"
	"regexp"
)

// madeUp is a name that a container runtime or a CNI plugin makes of a UUID:
// cni-UUID, netns-UUID.
var madeUp = regexp.MustCompile(`(^|-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// name gives a namespace its name, unless it is the host's. first is a process
// in it, 0 if there is none.
func (m *machine) name(n *Netns, first int) {
	if n.Name == Host {
		return
	}
	given, invented := "", ""
	for _, mount := range n.Mounts {
		dir, name := filepath.Split(mount)
		switch {
		case dir == "/run/netns/" && !madeUp.MatchString(name):
			given = cmp.Or(given, name)
		case dir == "/run/netns/" || dir == "/run/docker/netns/":
			invented = cmp.Or(invented, name)
		}
	}
	if n.Name = given; given != "" || first == 0 {
		n.Name = cmp.Or(given, invented)
		return
	}
	n.Container = m.madeFor(n.Inode, first)
	n.Name = cmp.Or(n.Container.Label(), invented)
}

// madeFor returns what a namespace was made for, going by one process in it: the
// container or unit of the uppermost process there. If that one's parent, which
// is outside, belongs to the same, the namespace was made from within, by
// somebody's unshare, and is not that of the container.
func (m *machine) madeFor(inode uint32, pid int) Container {
	parent := 0
	for range mostParents {
		if parent = m.parent(pid); parent == 0 {
			break
		}
		if in, err := m.netnsAt(proc(parent, "ns/net")); err != nil || in != inode {
			break
		}
		pid = parent
	}
	c := m.container(pid)
	if parent != 0 && c.same(m.container(parent)) {
		return Container{}
	}
	return c
}
