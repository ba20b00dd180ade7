// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
)

// search is a full look at who holds which namespace.
type search struct {
	*machine
	*listing
	holders map[uint32]*Namespace
	// hidden counts processes that may not be looked at.
	hidden, processes int
}

// held returns the namespace of that inode, and a way into it.
func (s *search) held(inode uint32, path string) *Namespace {
	s.add(inode, path)
	n, ok := s.holders[inode]
	if !ok {
		n = &Namespace{}
		s.holders[inode] = n
	}
	return n
}

// find looks at all processes, their threads, open files and mounts.
func (m *machine) find() *search {
	s := &search{machine: m, listing: m.list(), holders: make(map[uint32]*Namespace)}
	pids := m.pids()
	for _, pid := range pids {
		s.processes++
		inode, err := m.netnsAt(proc(pid, "ns/net"))
		if errors.Is(err, fs.ErrPermission) {
			s.hidden++
		}
		if err != nil {
			continue
		}
		s.process(pid, inode)
		s.threads(pid, inode)
		s.files(pid)
	}
	s.mounts(pids)
	return s
}

// process records a process and what it belongs to.
func (s *search) process(pid int, inode uint32) {
	n := s.held(inode, "/"+proc(pid, "ns/net"))
	n.Processes = append(n.Processes, Process{pid, s.comm(pid)})
	c := s.container(pid)
	// Of the host's namespace all services of the machine would be units.
	isHost := s.all[s.at[inode]].Name == Host
	if c.known() && !slices.Contains(n.Containers, c) && (c.isContainer() || !isHost) {
		n.Containers = append(n.Containers, c)
	}
}

// threads records those that went elsewhere by themselves.
func (s *search) threads(pid int, inode uint32) {
	dir := proc(pid, "task")
	for _, name := range entries(s.root, dir) {
		link := path.Join(dir, name, "ns/net")
		in, err := s.netnsAt(link)
		if err != nil || in == inode {
			continue
		}
		tid, _ := strconv.Atoi(name)
		comm, _ := fs.ReadFile(s.root, path.Join(dir, name, "comm"))
		n := s.held(in, "/"+link)
		n.Threads = append(n.Threads, Thread{pid, tid, trimLine(comm)})
	}
}

// files records open files that are namespaces.
func (s *search) files(pid int) {
	dir := proc(pid, "fd")
	for _, name := range entries(s.root, dir) {
		link := path.Join(dir, name)
		in, err := s.netnsAt(link)
		if err != nil {
			continue
		}
		fd, _ := strconv.Atoi(name)
		n := s.held(in, "/"+link)
		n.Files = append(n.Files, File{pid, fd, s.comm(pid)})
	}
}

// namespaces returns what was found, in order.
func (s *search) namespaces() []*Namespace {
	all := make([]*Namespace, len(s.all))
	for i := range s.all {
		n, ok := s.holders[s.all[i].Inode]
		if !ok {
			n = &Namespace{}
		}
		if n.Netns = s.all[i]; n.Container.known() {
			// What it was made for comes first.
			n.Containers = slices.DeleteFunc(n.Containers, n.Container.same)
			n.Containers = slices.Insert(n.Containers, 0, n.Container)
		}
		slices.SortFunc(n.Files, func(a, b File) int {
			return cmp.Or(cmp.Compare(a.PID, b.PID), cmp.Compare(a.FD, b.FD))
		})
		all[i] = n
	}
	order(all)
	return all
}

// warnings says what was not looked at.
func (s *search) warnings() (all []string) {
	if s.hidden > 0 {
		all = append(all, fmt.Sprintf("%d of %d processes may not be looked at (that needs root, or CAP_SYS_PTRACE): namespaces that only they hold are missing", s.hidden, s.processes))
	}
	return all
}
