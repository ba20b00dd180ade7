// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Netns is a network namespace.
type Netns struct {
	// Inode identifies it while it lives; the number may be used again later.
	Inode uint32
	// Name is its file under /run/netns or /run/docker/netns, "host" for
	// that of process 1, else empty.
	Name string
	// Path can be opened to enter it.
	Path string
}

// called says whether the namespace goes by a name or inode given as text.
func (n Netns) called(s string) bool {
	return s == n.Name || s == strconv.FormatUint(uint64(n.Inode), 10)
}

// netnsDirs hold bind mounts of namespaces, named.
var netnsDirs = []string{"/run/netns", "/run/docker/netns"}

// ListNetns returns the network namespaces of the machine: the one of process
// 1, those mounted by name, and those that a process is in. What cannot be
// read is left out.
func ListNetns() []Netns {
	var all []Netns
	seen := make(map[uint32]bool)
	add := func(name, path string) {
		inode, err := netnsInode(path)
		if err == nil && !seen[inode] {
			seen[inode] = true
			all = append(all, Netns{inode, name, path})
		}
	}
	add("host", "/proc/1/ns/net")
	for _, dir := range netnsDirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			add(e.Name(), filepath.Join(dir, e.Name()))
		}
	}
	procs, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, p := range procs {
		add("", p)
	}
	return all
}

// FindNetns returns the network namespace that s names: a name in a table, a
// path, or the PID of a process in it.
func FindNetns(s string) (Netns, error) {
	if filepath.IsAbs(s) {
		inode, err := netnsInode(s)
		if err != nil {
			return Netns{}, fmt.Errorf("no network namespace at %s: %w", s, err)
		}
		for _, ns := range ListNetns() {
			if ns.Inode == inode {
				return ns, nil
			}
		}
		return Netns{Inode: inode, Path: s}, nil
	}
	all := ListNetns()
	for _, ns := range all {
		if ns.called(s) {
			return ns, nil
		}
	}
	if _, err := strconv.ParseUint(s, 10, 31); err == nil {
		inode, err := netnsInode("/proc/" + s + "/ns/net")
		if err != nil {
			return Netns{}, fmt.Errorf("no process %s whose network namespace can be read: %w", s, err)
		}
		for _, ns := range all {
			if ns.Inode == inode {
				return ns, nil
			}
		}
	}
	return Netns{}, fmt.Errorf("no network namespace %q: give a name that `ip netns` lists, a path such as /proc/PID/ns/net, or a PID", s)
}

// nsfsMagic is the file system type of namespaces, NSFS_MAGIC in
// include/uapi/linux/magic.h.
const nsfsMagic = 0x6e736673

// netnsInode returns the inode of the namespace at path.
func netnsInode(path string) (uint32, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return 0, err
	}
	// 5.10 answers for the link to the namespace itself where it may not be
	// followed; 6.1 says that it may not.
	if fs.Type == unix.PROC_SUPER_MAGIC && strings.Contains(path, "/ns/") {
		return 0, unix.EACCES
	}
	if fs.Type != nsfsMagic {
		return 0, fmt.Errorf("it is not a namespace: %w", unix.EINVAL)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return 0, err
	}
	return uint32(st.Ino), nil
}
