// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Archive writes a cpio archive in the newc format (Documentation/driver-api/
// early-userspace/buffer-format.rst). Parents are made as needed, a path is
// written once. Archives may follow each other in one initramfs.
type Archive struct {
	w     io.Writer
	size  int64
	inode int
	seen  map[string]bool
	err   error
}

// NewArchive writes to w, which the caller closes after [Archive.Close].
func NewArchive(w io.Writer) *Archive {
	return &Archive{w: w, seen: map[string]bool{"": true}}
}

const (
	modeDir     = 0o040000
	modeRegular = 0o100000
	modeLink    = 0o120000
)

// Dir adds a directory.
func (a *Archive) Dir(name string, perm uint32) {
	if name = clean(name); a.fresh(name) {
		a.entry(name, modeDir|perm, nil)
	}
}

// Link adds a symbolic link.
func (a *Archive) Link(name, target string) {
	if name = clean(name); a.fresh(name) {
		a.entry(name, modeLink|0o777, []byte(target))
	}
}

// File adds a regular file.
func (a *Archive) File(name string, perm uint32, data []byte) {
	if name = clean(name); a.fresh(name) {
		a.entry(name, modeRegular|perm, data)
	}
}

// Copy adds a file of this machine, following links.
func (a *Archive) Copy(name, from string) error {
	if a.seen[clean(name)] {
		return nil
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	a.File(name, uint32(info.Mode().Perm()), data)
	return nil
}

// Close ends the archive and returns the first error of writing it.
func (a *Archive) Close() error {
	a.entry("TRAILER!!!", 0, nil)
	if a.err != nil {
		return fmt.Errorf("writing initramfs: %w", a.err)
	}
	return nil
}

func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// fresh makes the parents and reports whether name is not there yet.
func (a *Archive) fresh(name string) bool {
	if a.seen[name] {
		return false
	}
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		a.Dir(name[:i], 0o755)
	}
	a.seen[name] = true
	return true
}

func (a *Archive) entry(name string, mode uint32, data []byte) {
	a.inode++
	links := 1
	if mode&0o170000 == modeDir {
		links = 2
	}
	// magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor,
	// rdevmajor, rdevminor, namesize, check
	header := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
		a.inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name)+1, 0)
	a.write([]byte(header + name + "\x00"))
	a.pad()
	a.write(data)
	a.pad()
}

// pad fills up to a multiple of 4, where headers and data begin.
func (a *Archive) pad() {
	a.write(make([]byte, -a.size&3))
}

func (a *Archive) write(data []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(data)
		a.size += int64(len(data))
	}
}
