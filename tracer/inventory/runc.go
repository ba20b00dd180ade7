// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"path"
	"strings"
)

// runcState is what runc keeps of a container in state.json.
type runcState struct {
	ID          string            `json:"id"`
	CgroupPaths map[string]string `json:"cgroup_paths"`
	Config      struct {
		Labels []string `json:"labels"`
	} `json:"config"`
}

// crunStatus is what crun keeps of a container in status.
type crunStatus struct {
	CgroupPath string `json:"cgroup-path"`
	Bundle     string `json:"bundle"`
}

// fromRunc looks for a container of runc whose cgroup is one of the paths or
// above it. Its name is the ID, and the directory's.
func fromRunc(root fs.FS, dir, id string, paths []string) (Container, bool) {
	var s runcState
	if !readJSON(root, path.Join(dir, id, "state.json"), &s) || s.ID != id {
		return Container{}, false
	}
	c := Container{Runtime: "runc", ID: id, Name: id}
	annotations := make(map[string]string)
	for _, label := range s.Config.Labels {
		if key, value, ok := strings.Cut(label, "="); ok {
			annotations[key] = value
		}
	}
	c.annotate(annotations)
	for _, mounted := range s.CgroupPaths {
		for _, p := range paths {
			if below(p, id, mounted) {
				return c, true
			}
		}
	}
	return Container{}, false
}

// fromCrun is fromRunc for crun.
func fromCrun(root fs.FS, dir, id string, paths []string) (Container, bool) {
	var s crunStatus
	if !readJSON(root, path.Join(dir, id, "status"), &s) {
		return Container{}, false
	}
	c := Container{Runtime: "crun", ID: id, Name: id}
	var b bundle
	if readJSON(root, path.Join(inRoot(s.Bundle), "config.json"), &b) {
		c.annotate(b.Annotations)
	}
	for _, p := range paths {
		if below(p, id, s.CgroupPath) {
			return c, true
		}
	}
	return Container{}, false
}

// below says whether a cgroup path goes through the directory named id that a
// runtime wrote down, which may be as it is mounted.
func below(p, id, mounted string) bool {
	before, _, ok := strings.Cut(p+"/", "/"+id+"/")
	return ok && strings.HasSuffix(path.Clean("/"+mounted), path.Join(before, id))
}
