// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"slices"
	"strings"
)

// cgroupPaths returns the paths in /proc/PID/cgroup, that of cgroup v2 and of
// systemd before those of controllers: they are the ones that always follow
// the container.
func cgroupPaths(text string) (paths []string) {
	var controllers []string
	for line := range strings.Lines(text) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		names, path, ok := strings.Cut(rest, ":")
		switch {
		case !ok || path == "/" || slices.Contains(paths, path) || slices.Contains(controllers, path):
		case names == "" || names == "name=systemd":
			paths = append(paths, path)
		default:
			controllers = append(controllers, path)
		}
	}
	return append(paths, controllers...)
}

// steps are the directories of a cgroup path, outermost first. Those above the
// cgroup namespace of the reader are "..".
func steps(path string) (all []string) {
	for s := range strings.SplitSeq(path, "/") {
		if s != "" && s != ".." {
			all = append(all, s)
		}
	}
	return all
}

// fromCgroup returns what cgroup paths alone tell. Most runtimes name the
// directory after the container's ID.
func fromCgroup(paths []string) (c Container) {
	for _, path := range paths {
		dirs := steps(path)
		for i := len(dirs) - 1; i >= 0; i-- {
			if isMonitor(dirs[i]) {
				return Container{}
			}
			parent := ""
			if i > 0 {
				parent = dirs[i-1]
			}
			if c = containerDir(parent, dirs[i]); c.ID != "" {
				c.Pod.UID = podUID(dirs)
				return c
			}
		}
		if uid := podUID(dirs); uid != "" {
			return Container{Pod: Pod{UID: uid}}
		}
	}
	for _, path := range paths {
		if unit := unitOf(steps(path)); unit != "" {
			return Container{Unit: unit}
		}
	}
	return Container{}
}

// isMonitor says whether a directory is of a runtime's own process beside a
// container.
func isMonitor(dir string) bool {
	return strings.HasPrefix(dir, "libpod-conmon-") || strings.HasPrefix(dir, "crio-conmon-") || strings.HasPrefix(dir, "lxc.monitor")
}

// runtimePrefixes are what runtimes write before the ID.
var runtimePrefixes = []struct{ prefix, runtime string }{
	{"docker-", "docker"},
	{"cri-containerd-", "containerd"},
	{"nerdctl-", "containerd"},
	{"crio-", "cri-o"},
	{"libpod-", "podman"},
}

// containerDir returns the container that a directory in a cgroup path is of,
// if its name tells.
func containerDir(parent, dir string) Container {
	name, isScope := strings.CutSuffix(dir, ".scope")
	// A path meant for systemd, SLICE:PREFIX:ID, that was taken as it stands.
	if parts := strings.Split(name, ":"); len(parts) == 3 {
		name = parts[1] + "-" + parts[2]
	}
	for _, p := range runtimePrefixes {
		if id, ok := strings.CutPrefix(name, p.prefix); ok && isHexID(id) {
			return Container{Runtime: p.runtime, ID: id}
		}
	}
	if isHexID(name) {
		c := Container{ID: name}
		if parent == "docker" {
			c.Runtime = "docker"
		}
		return c
	}
	if isScope {
		for _, runtime := range []string{"runc", "crun"} {
			if id, ok := strings.CutPrefix(name, runtime+"-"); ok && id != "" {
				return Container{Runtime: runtime, ID: id, Name: id}
			}
		}
	}
	id, isLXC := strings.CutPrefix(dir, "lxc.payload.")
	if parent == "lxc" || parent == "lxc.payload" {
		id, isLXC = dir, true
	}
	if isLXC && id != "" {
		return Container{Runtime: "lxc", ID: id, Name: id}
	}
	return Container{}
}

// isHexID says whether s is an ID as most runtimes make them: 64 hexadecimal
// digits.
func isHexID(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// podUID returns the UID of the pod that a cgroup path is of: podUID for the
// driver cgroupfs, kubepods-CLASS-podUID.slice, with underscores, for systemd.
func podUID(dirs []string) string {
	for _, dir := range dirs {
		slice, _, _ := strings.Cut(dir, ".slice")
		_, uid, ok := strings.Cut("-"+slice, "-pod")
		uid = strings.ReplaceAll(uid, "_", "-")
		digits := strings.ReplaceAll(uid, "-", "")
		if ok && len(digits) == 32 && strings.Trim(digits, "0123456789abcdef") == "" {
			return uid
		}
	}
	return ""
}

// unitOf returns the innermost unit of the machine's systemd. What is below a
// directory payload belongs to another one. Scopes of login sessions say
// nothing of what runs in them.
func unitOf(dirs []string) (unit string) {
	for _, dir := range dirs {
		if dir == "payload" {
			break
		}
		service, scope := strings.HasSuffix(dir, ".service"), strings.HasSuffix(dir, ".scope")
		session := strings.HasPrefix(dir, "session-") || strings.HasPrefix(dir, "user@")
		if (service || scope) && !session && dir != "init.scope" {
			unit = dir
		}
	}
	return unit
}
