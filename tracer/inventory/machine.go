// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
)

// machine reads what the kernel and the runtimes keep in files, and remembers
// what it has found out for one listing.
type machine struct {
	root     fs.FS
	byCgroup map[string]Container
}

func newMachine(root fs.FS) *machine {
	return &machine{root: root, byCgroup: make(map[string]Container)}
}

// thisMachine is the one we run on.
func thisMachine() *machine { return newMachine(os.DirFS("/")) }

func proc(pid int, name string) string { return "proc/" + strconv.Itoa(pid) + "/" + name }

// pids are those of all processes that /proc shows, in order.
func (m *machine) pids() (pids []int) {
	list, _ := fs.ReadDir(m.root, "proc")
	for _, e := range list {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// initial is a process whose namespaces are the machine's: the first, or where
// it may not be looked at kthreadd, from which kernel threads descend.
func (m *machine) initial() int {
	if _, err := m.netnsAt("proc/1/ns/net"); err != nil && m.comm(2) == "kthreadd" && m.parent(2) == 0 {
		return 2
	}
	return 1
}

// netnsAt reads a link to a network namespace, as /proc has it: net:[INODE].
func (m *machine) netnsAt(link string) (uint32, error) {
	text, err := fs.ReadLink(m.root, link)
	if err != nil {
		return 0, err
	}
	// 5.10 gives an empty text where the link may not be read; 6.1 says so.
	if text == "" {
		return 0, fs.ErrPermission
	}
	inode, ok := parseNetns(text)
	if !ok {
		return 0, fs.ErrInvalid
	}
	return inode, nil
}

// parseNetns reads net:[INODE].
func parseNetns(text string) (uint32, bool) {
	digits, ok := strings.CutPrefix(text, "net:[")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(strings.TrimSuffix(digits, "]"), 10, 32)
	return uint32(inode), err == nil
}

// parent returns the PID of a process's parent, 0 if it has none or is gone.
func (m *machine) parent(pid int) int {
	stat, err := fs.ReadFile(m.root, proc(pid, "stat"))
	if err != nil {
		return 0
	}
	// The name in parentheses may have anything in it.
	fields := strings.Fields(string(stat)[strings.LastIndexByte(string(stat), ')')+1:])
	if len(fields) < 2 {
		return 0
	}
	ppid, _ := strconv.Atoi(fields[1])
	return ppid
}

// comm is the name of the program that a process runs.
func (m *machine) comm(pid int) string {
	b, _ := fs.ReadFile(m.root, proc(pid, "comm"))
	return trimLine(b)
}

// container returns what a process belongs to.
func (m *machine) container(pid int) Container {
	b, err := fs.ReadFile(m.root, proc(pid, "cgroup"))
	if err != nil {
		return Container{}
	}
	c, ok := m.byCgroup[string(b)]
	if !ok {
		c = Identify(m.root, string(b))
		if c.Pod.Name == "" && c.Name == "" {
			m.fromMonitor(pid, cgroupPaths(string(b)), &c)
		}
		m.byCgroup[string(b)] = c
	}
	return c
}

func trimLine(b []byte) string { return strings.TrimSuffix(string(b), "\n") }
