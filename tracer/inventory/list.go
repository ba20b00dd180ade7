// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"os"
	"path/filepath"
)

// netnsDirs hold bind mounts of namespaces, named.
var netnsDirs = []string{"/run/netns", "/run/docker/netns"}

// List returns the network namespaces that are found at little cost: that of
// process 1, those mounted in the two usual directories, and those that a
// process is in. What cannot be read is left out. [Read] finds the others too.
func List() []Netns {
	m := thisMachine()
	l := m.list()
	return l.all
}

// listing is a list of namespaces that is being made.
type listing struct {
	all []Netns
	// at is where a namespace is in all.
	at map[uint32]int
	// first is the process of the smallest number in each.
	first map[uint32]int
}

// add returns the namespace of that inode, with a path to it.
func (l *listing) add(inode uint32, path string) *Netns {
	i, ok := l.at[inode]
	if !ok {
		i = len(l.all)
		l.at[inode] = i
		l.all = append(l.all, Netns{Inode: inode})
	}
	if n := &l.all[i]; n.Path == "" {
		n.Path = path
	}
	return &l.all[i]
}

func (m *machine) list() *listing {
	l := &listing{at: make(map[uint32]int), first: make(map[uint32]int)}
	link := proc(m.initial(), "ns/net")
	if inode, err := m.netnsAt(link); err == nil {
		l.add(inode, "/"+link).Name = Host
	}
	for _, dir := range netnsDirs {
		list, _ := os.ReadDir(dir)
		for _, e := range list {
			path := filepath.Join(dir, e.Name())
			inode, err := InodeAt(path)
			if err != nil {
				continue
			}
			n := l.add(inode, path)
			n.Mounts = append(n.Mounts, path)
		}
	}
	for _, pid := range m.pids() {
		link := proc(pid, "ns/net")
		inode, err := m.netnsAt(link)
		if err != nil {
			continue
		}
		l.add(inode, "/"+link)
		if _, ok := l.first[inode]; !ok {
			l.first[inode] = pid
		}
	}
	for i := range l.all {
		m.name(&l.all[i], l.first[l.all[i].Inode])
	}
	return l
}
