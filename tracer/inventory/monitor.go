// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"path"
	"slices"
	"strings"
)

// mostParents bounds walks up a tree that changes meanwhile.
const mostParents = 64

// fromMonitor completes a container whose files are not where they are by
// default, or are inside of another container, as in Docker in Docker and kind.
// The process that looks after it knows: conmon of Podman and CRI-O, the shim of
// containerd and Docker.
func (m *machine) fromMonitor(pid int, paths []string, c *Container) {
	for range mostParents {
		if pid = m.parent(pid); pid <= 1 {
			return
		}
		comm := m.comm(pid)
		conmon, shim := comm == "conmon", strings.HasPrefix(comm, "containerd-shim")
		if !conmon && !shim {
			continue
		}
		root, err := fs.Sub(m.root, proc(pid, "root"))
		if err != nil {
			return
		}
		cmdline, _ := fs.ReadFile(m.root, proc(pid, "cmdline"))
		args := strings.Split(string(cmdline), "\x00")
		if conmon {
			c.fromConmon(root, args)
			return
		}
		cwd, _ := fs.ReadLink(m.root, proc(pid, "cwd"))
		c.fromShim(root, args, inRoot(cwd), paths)
		return
	}
}

// fromConmon completes the container that a conmon with these arguments looks
// after.
func (c *Container) fromConmon(root fs.FS, args []string) {
	if c.ID != argOf(args, "-c") {
		return
	}
	var b bundle
	readJSON(root, path.Join(inRoot(argOf(args, "-b")), "config.json"), &b)
	c.annotate(b.Annotations)
	if c.Runtime == "" {
		c.Runtime = "podman"
	}
	if c.Pod.Name == "" {
		c.Name = argOf(args, "-n")
	}
}

// fromShim completes a container that a shim with these arguments looks after.
// The shim's working directory is the bundle of one of its containers; those of
// the same pod are beside it.
func (c *Container) fromShim(root fs.FS, args []string, cwd string, paths []string) {
	namespace := argOf(args, "-namespace")
	if namespace == "moby" && c.ID != "" && c.fromDocker(root, "") {
		return
	}
	ids := []string{c.ID}
	if c.ID == "" {
		ids = nil
		for _, p := range paths {
			ids = append(ids, steps(p)...)
		}
	}
	for _, id := range slices.Backward(ids) {
		var b bundle
		if !readJSON(root, path.Join(path.Dir(cwd), id, "config.json"), &b) {
			continue
		}
		if c.ID == "" {
			*c = Container{ID: id, Name: id}
		}
		if c.Runtime == "" {
			c.Runtime = "containerd"
		}
		c.annotate(b.Annotations)
		return
	}
}

// argOf is what follows a flag.
func argOf(args []string, flag string) string {
	if i := slices.Index(args, flag); i >= 0 && i+1 < len(args) {
		return args[i+1]
	}
	return ""
}
