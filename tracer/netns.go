// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// Netns is a network namespace.
type Netns struct {
	// Inode identifies it while it lives; the number may be used again later.
	Inode uint32
	// Name is what its user, or else its container, pod or unit, is called:
	// [inventory.Netns]. Empty if it has none.
	Name string
	// Path can be opened to enter it; empty if there is none.
	Path string
}

// called says whether the namespace goes by a name or inode given as text.
func (n Netns) called(s string) bool {
	return s == n.Name || s == strconv.FormatUint(uint64(n.Inode), 10)
}

// ListNetns returns the network namespaces of the machine: the one of process
// 1, those mounted by name, and those that a process is in. What cannot be
// read is left out.
func ListNetns() []Netns {
	var all []Netns
	for _, n := range inventory.List() {
		all = append(all, netnsOf(n))
	}
	return all
}

func netnsOf(n inventory.Netns) Netns { return Netns{n.Inode, n.Name, n.Path} }

// FindNetns returns the network namespace that s names: a path, a name in a
// table, an inode, the PID of a process in it, or the name or ID of a container,
// pod or unit ([inventory.Find]), the first of these that there is. If that is
// more than one namespace, the error lists them.
func FindNetns(s string) (Netns, error) {
	all := ListNetns()
	if filepath.IsAbs(s) {
		inode, err := netnsInode(s)
		if err != nil {
			return Netns{}, fmt.Errorf("no network namespace at %s: %w", s, err)
		}
		return withInode(all, inode, s), nil
	}
	if i := slices.IndexFunc(all, func(ns Netns) bool { return ns.called(s) }); i >= 0 {
		again := slices.IndexFunc(all[i+1:], func(ns Netns) bool { return ns.called(s) })
		if again < 0 || s == inventory.Host {
			return all[i], nil
		}
	}
	var noProcess error
	if _, err := strconv.ParseUint(s, 10, 31); err == nil {
		path := "/proc/" + s + "/ns/net"
		inode, err := netnsInode(path)
		if err == nil {
			return withInode(all, inode, path), nil
		}
		noProcess = fmt.Errorf("no process %s whose network namespace can be read: %w", s, err)
		if !errors.Is(err, os.ErrNotExist) {
			return Netns{}, noProcess
		}
	}
	found := inventory.Find(s)
	switch {
	case len(found) == 1:
		return netnsOf(found[0].Netns), nil
	case len(found) > 1:
		return Netns{}, ambiguous(s, found)
	case noProcess != nil:
		return Netns{}, noProcess
	}
	return Netns{}, fmt.Errorf("no network namespace %q: give a name that `ip netns` lists, a path such as /proc/PID/ns/net, or a PID; `vethtrace ns` lists containers and all else that is understood", s)
}

// withInode returns the namespace of that inode with the name it has in a list.
func withInode(all []Netns, inode uint32, path string) Netns {
	for _, ns := range all {
		if ns.Inode == inode {
			return ns
		}
	}
	return Netns{Inode: inode, Path: path}
}

// ambiguous is the error for a name that several namespaces go by.
func ambiguous(s string, found []inventory.Match) error {
	var list []string
	for _, m := range found {
		list = append(list, fmt.Sprintf("%d %s", m.Inode, m.What))
	}
	return fmt.Errorf("%q may be any of %d network namespaces, give the number of one: %s", s, len(found), strings.Join(list, "; "))
}

// netnsInode returns the inode of the namespace at path.
func netnsInode(path string) (uint32, error) { return inventory.InodeAt(path) }
