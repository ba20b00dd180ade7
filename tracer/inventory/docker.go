// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"io/fs"
	"path"
	"strings"
)

// dockerContainer is what Docker keeps of a container in config.v2.json.
type dockerContainer struct {
	Name   string
	Config struct{ Labels map[string]string }
}

// fromDocker completes a container that Docker knows.
func (c *Container) fromDocker(root fs.FS, home string) bool {
	for _, dir := range dockerRoots(root, home) {
		var d dockerContainer
		if readJSON(root, path.Join(dir, "containers", c.ID, "config.v2.json"), &d) {
			c.Runtime = "docker"
			c.annotate(d.Config.Labels)
			// The kubelet's are k8s_CONTAINER_POD_...: the labels say it better.
			if c.Pod.Name == "" {
				c.Name = strings.TrimPrefix(d.Name, "/")
			}
			return true
		}
	}
	return false
}

func dockerRoots(root fs.FS, home string) (dirs []string) {
	var daemon struct {
		DataRoot string `json:"data-root"`
	}
	if readJSON(root, "etc/docker/daemon.json", &daemon) && daemon.DataRoot != "" {
		dirs = append(dirs, inRoot(daemon.DataRoot))
	}
	dirs = append(dirs, "var/lib/docker", "var/snap/docker/common/var-lib-docker")
	if home != "" {
		dirs = append(dirs, path.Join(home, ".local/share/docker"))
	}
	return dirs
}
