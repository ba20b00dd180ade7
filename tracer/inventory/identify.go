// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"path"
)

// Identify returns the container, or else the unit, that the content of a
// /proc/PID/cgroup is of. root is where the files of runtimes are looked for,
// os.DirFS("/") as a rule. Nothing is known of a process in neither.
func Identify(root fs.FS, cgroup string) Container {
	paths := cgroupPaths(cgroup)
	c := fromCgroup(paths)
	if !c.isContainer() {
		if found, ok := fromDirs(root, paths); ok {
			return found
		}
		return c
	}
	if !isHexID(c.ID) {
		return c
	}
	uid, home := homeOf(root, paths)
	switch c.Runtime {
	case "podman", "cri-o":
		c.fromStorage(root, uid, home)
	case "containerd":
		c.fromContainerd(root, "")
	default:
		// With a name of its own choice for the directory above, or the
		// kubelet's, the path does not tell the runtime.
		if !c.fromDocker(root, home) && !c.fromContainerd(root, "") {
			c.fromStorage(root, uid, home)
		}
	}
	return c
}

// fromDirs looks for a container whose ID is its user's choice: runc and crun
// name a cgroup after it, containerd puts it below its namespace.
func fromDirs(root fs.FS, paths []string) (Container, bool) {
	uid, _ := homeOf(root, paths)
	for _, p := range paths {
		dirs := steps(p)
		for i := len(dirs) - 1; i >= 0; i-- {
			if i > 0 {
				c := Container{ID: dirs[i], Name: dirs[i]}
				if c.fromContainerd(root, dirs[i-1]) {
					return c, true
				}
			}
			for _, run := range runDirs(uid) {
				if c, ok := fromRunc(root, path.Join(run, "runc"), dirs[i], paths); ok {
					return c, true
				}
				if c, ok := fromCrun(root, path.Join(run, "crun"), dirs[i], paths); ok {
					return c, true
				}
			}
		}
	}
	return Container{}, false
}

func runDirs(uid string) []string {
	if uid == "" {
		return []string{"run"}
	}
	return []string{"run", path.Join("run/user", uid)}
}
