// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"path"
)

// containerdStates are where containerd keeps what runs: its own directory, and
// those of distributions of Kubernetes that bring their own.
var containerdStates = []string{
	"run/containerd",
	"run/k3s/containerd",
	"run/k0s/containerd",
	"var/snap/microk8s/common/run/containerd",
}

// containerdTasks are the directories of shims, by version.
var containerdTasks = []string{"io.containerd.runtime.v2.task", "io.containerd.runtime.v1.linux"}

// fromContainerd completes a container that containerd runs in one of its
// namespaces, or in any with "".
func (c *Container) fromContainerd(root fs.FS, namespace string) bool {
	for _, state := range containerdStates {
		for _, tasks := range containerdTasks {
			dir := path.Join(state, tasks)
			namespaces := []string{namespace}
			if namespace == "" {
				namespaces = entries(root, dir)
			}
			for _, ns := range namespaces {
				var b bundle
				if !readJSON(root, path.Join(dir, ns, c.ID, "config.json"), &b) {
					continue
				}
				c.Runtime = "containerd"
				if ns == "moby" {
					c.Runtime = "docker"
				}
				c.annotate(b.Annotations)
				return true
			}
		}
	}
	return false
}

// entries are the names in a directory, none if it cannot be read.
func entries(root fs.FS, dir string) (names []string) {
	list, _ := fs.ReadDir(root, dir)
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}
