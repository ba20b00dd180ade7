// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// leastID is how many digits of a container's ID may stand for it.
const leastID = 4

// Match is a namespace that goes by a name, and what in it does: "container
// web (docker)".
type Match struct {
	Netns
	What string
}

// Find returns the namespaces that s may mean: a name or inode, the name of a
// mount, of a container, of a unit, of a pod with or without its namespace, a
// pod's UID, or the beginning of a container's ID, at least four digits, which
// counts only if nothing is called so. It looks at every process. Of what cannot
// be read nothing is found.
func Find(s string) []Match { return thisMachine().match(s) }

func (m *machine) match(s string) []Match {
	if s == "" {
		return nil
	}
	found := m.find()
	var named, begun []Match
	for _, n := range found.namespaces() {
		if what, ok := n.called(s); ok {
			named = append(named, Match{n.Netns, what})
			continue
		}
		for _, c := range n.Containers {
			if what, exact, ok := c.called(s); ok && !found.isGuest(n, c) {
				m := Match{n.Netns, what}
				if exact {
					named = append(named, m)
				} else {
					begun = append(begun, m)
				}
				break
			}
		}
	}
	named = append(named, found.unitOfHost(s)...)
	if len(named) > 0 {
		return named
	}
	return begun
}

// called says whether a namespace goes by s itself.
func (n *Namespace) called(s string) (what string, ok bool) {
	if s == n.Name || s == strconv.FormatUint(uint64(n.Inode), 10) {
		return n.describe(), true
	}
	for _, m := range n.Mounts {
		if slices.Contains(netnsDirs, filepath.Dir(m)) && filepath.Base(m) == s {
			return "mounted at " + m, true
		}
	}
	return "", false
}

// describe says what a namespace is by what it was made for, or where it is.
func (n *Namespace) describe() string {
	switch {
	case n.Container.known():
		return n.Container.String()
	case len(n.Mounts) > 0:
		return "mounted at " + n.Mounts[0]
	}
	return n.Path
}

// called says whether a container goes by s, or exactly so.
func (c Container) called(s string) (what string, exact, ok bool) {
	names := []string{c.Name, c.Pod.String(), c.Pod.Name, c.Pod.UID, c.Unit, c.ID}
	if slices.Contains(names, s) {
		return c.String(), true, true
	}
	if len(s) >= leastID && isHexID(c.ID) && strings.HasPrefix(c.ID, s) {
		return c.String(), false, true
	}
	return "", false, false
}

// String says what it is, for people: "container web (docker)".
func (c Container) String() string {
	var parts []string
	switch {
	case c.ID != "" && c.Name != "":
		parts = append(parts, "container "+c.Name)
	case c.ID != "" && c.Pod.Name == "":
		parts = append(parts, "container "+c.ShortID())
	case c.Unit != "":
		parts = append(parts, "unit "+c.Unit)
	}
	if c.Pod.Name != "" {
		parts = append(parts, "pod "+c.Pod.String())
	} else if c.Pod.UID != "" {
		parts = append(parts, "pod "+c.Pod.UID)
	}
	text := strings.Join(parts, " of ")
	if c.Runtime != "" {
		text += " (" + c.Runtime + ")"
	}
	return text
}

// isGuest says whether a namespace is only that of processes which left their
// container's: the container is not meant by it.
func (s *search) isGuest(n *Namespace, c Container) bool {
	for _, p := range n.Processes {
		if !s.container(p.PID).same(c) {
			continue
		}
		if in, err := s.netnsAt(proc(s.topOf(p.PID, c), "ns/net")); err == nil && in == n.Inode {
			return false
		}
	}
	return true
}

// topOf is the uppermost process of a container above one in it.
func (s *search) topOf(pid int, c Container) int {
	for range mostParents {
		parent := s.parent(pid)
		if parent == 0 || !s.container(parent).same(c) {
			break
		}
		pid = parent
	}
	return pid
}

// unitOfHost finds a unit whose processes are in the host's namespace, where
// units are not listed.
func (s *search) unitOfHost(name string) []Match {
	for i := range s.all {
		n := s.holders[s.all[i].Inode]
		if s.all[i].Name != Host || n == nil {
			continue
		}
		for _, p := range n.Processes {
			if c := s.container(p.PID); c.Unit == name {
				return []Match{{s.all[i], c.String()}}
			}
		}
	}
	return nil
}
