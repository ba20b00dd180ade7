// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bytes"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// mount is a network namespace that is mounted somewhere.
type mount struct {
	inode uint32
	point string
}

// mountsIn returns the network namespaces in a mountinfo (proc(5)).
func mountsIn(mountinfo []byte) (all []mount) {
	for line := range bytes.Lines(mountinfo) {
		// ID parent major:minor root point options [tags...] - type ...
		fields := strings.Fields(string(line))
		if len(fields) < 7 {
			continue
		}
		dash := slices.Index(fields[6:], "-")
		if dash < 0 || len(fields) < 6+dash+2 || fields[6+dash+1] != "nsfs" {
			continue
		}
		if inode, ok := parseNetns(fields[3]); ok {
			all = append(all, mount{inode, unescape(fields[4])})
		}
	}
	return all
}

// unescape undoes what the kernel does to blanks in paths: \040.
func unescape(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || len(s) < i+4 {
			return b.String() + s
		}
		c, err := strconv.ParseUint(s[i+1:i+4], 8, 8)
		if err != nil {
			return b.String() + s
		}
		b.WriteString(s[:i])
		b.WriteByte(byte(c))
		s = s[i+4:]
	}
}

// mounts records where namespaces are mounted, in the own mount namespace and
// in that of every process. Mount namespaces are often copies of each other, so
// what one has seen is not repeated for the next.
func (s *search) mounts(pids []int) {
	seen := make(map[string]bool)
	mounted := make(map[uint32]bool)
	s.mountsOf("proc/self", "", seen, mounted)
	for _, pid := range pids {
		dir := "proc/" + strconv.Itoa(pid)
		s.mountsOf(dir, "/"+dir+"/root", seen, mounted)
	}
}

func (s *search) mountsOf(dir, root string, seen map[string]bool, mounted map[uint32]bool) {
	id, err := fs.ReadLink(s.root, dir+"/ns/mnt")
	if err != nil || seen[id] {
		return
	}
	info, err := fs.ReadFile(s.root, dir+"/mountinfo")
	if err != nil {
		return
	}
	seen[id] = true
	found := mountsIn(info)
	for _, m := range found {
		path := filepath.Join(root, m.point)
		if mounted[m.inode] {
			continue
		}
		// Another mount may be on top of it.
		if inode, err := InodeAt(path); err != nil || inode != m.inode {
			s.held(m.inode, "")
		} else {
			s.held(m.inode, path)
		}
		if n := &s.all[s.at[m.inode]]; !slices.Contains(n.Mounts, path) {
			n.Mounts = append(n.Mounts, path)
		}
	}
	for _, m := range found {
		mounted[m.inode] = true
	}
}
