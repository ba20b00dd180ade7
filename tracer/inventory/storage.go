// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// stored is a container in the lists that Podman and CRI-O share.
type stored struct {
	ID    string   `json:"id"`
	Names []string `json:"names"`
}

// fromStorage completes a container of Podman or CRI-O.
func (c *Container) fromStorage(root fs.FS, uid, home string) bool {
	found := false
	for _, dir := range storageRoots(root, uid, home) {
		dir = path.Join(dir, "overlay-containers")
		var b bundle
		if readJSON(root, path.Join(dir, c.ID, "userdata/config.json"), &b) {
			found = true
			c.annotate(b.Annotations)
			if c.Runtime == "" && b.Annotations["io.container.manager"] == "cri-o" {
				c.Runtime = "cri-o"
			}
		}
		for _, list := range []string{"containers.json", "volatile-containers.json"} {
			var all []stored
			readJSON(root, path.Join(dir, list), &all)
			i := slices.IndexFunc(all, func(s stored) bool { return s.ID == c.ID })
			if i < 0 {
				continue
			}
			found = true
			if len(all[i].Names) > 0 && c.Name == "" && c.Pod.Name == "" {
				c.Name = all[i].Names[0]
			}
		}
	}
	if found && c.Runtime == "" {
		c.Runtime = "podman"
	}
	return found
}

var graphRoot = regexp.MustCompile(`(?m)^\s*(?:graphroot|runroot)\s*=\s*"([^"]+)"`)

// storageRoots are where containers/storage keeps things, for root and for the
// user.
func storageRoots(root fs.FS, uid, home string) (dirs []string) {
	conf, _ := fs.ReadFile(root, "etc/containers/storage.conf")
	for _, m := range graphRoot.FindAllSubmatch(conf, -1) {
		dirs = append(dirs, inRoot(string(m[1])))
	}
	for _, dir := range []string{"run/containers/storage", "var/lib/containers/storage"} {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if uid != "" {
		dirs = append(dirs, path.Join("run/user", uid, "containers"))
	}
	if home != "" {
		dirs = append(dirs, path.Join(home, ".local/share/containers/storage"))
	}
	return dirs
}
