// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Host is the name of the network namespace that the machine began with: that
// of process 1, as far as /proc goes.
const Host = "host"

// Netns is a network namespace, and what it goes by.
type Netns struct {
	// Inode identifies it while it lives; the number may be used again later.
	Inode uint32
	// Name is [Host], or a name that its user gave it by a mount in /run/netns or
	// /run/docker/netns, or else that of the pod, container or systemd unit it
	// was made for, or else the name that a runtime made up for such a mount.
	// Empty if there is none of all that.
	Name string
	// Path can be opened to enter it; empty if there is none.
	Path string
	// Mounts are where it is mounted. Those that only another mount namespace
	// sees are below /proc/PID/root.
	Mounts []string
	// Container is what it was made for; empty if that is not known.
	Container Container
}

// nsfsMagic is the file system type of namespaces, NSFS_MAGIC in
// include/uapi/linux/magic.h.
const nsfsMagic = 0x6e736673

// InodeAt returns the inode of the namespace at path.
func InodeAt(path string) (uint32, error) {
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
