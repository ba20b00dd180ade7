// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

var mounts = []struct{ fs, dir, data string }{
	{"proc", "/proc", ""},
	{"sysfs", "/sys", ""},
	{"devtmpfs", "/dev", ""},
	{"devpts", "/dev/pts", "ptmxmode=0666"},
	{"tmpfs", "/dev/shm", ""},
	{"tmpfs", "/run", "mode=0755"},
	{"cgroup2", "/sys/fs/cgroup", ""},
	{"bpf", "/sys/fs/bpf", "mode=0700"},
	{"debugfs", "/sys/kernel/debug", ""},
	{"tracefs", "/sys/kernel/tracing", ""},
	{"securityfs", "/sys/kernel/security", ""},
}

// mountAll mounts what a system has mounted; what the kernel does not have is
// said on the console only.
func mountAll() {
	for _, m := range mounts {
		os.MkdirAll(m.dir, 0o755)
		if err := unix.Mount(m.fs, m.dir, m.fs, 0, m.data); err != nil {
			fmt.Fprintf(os.Stderr, "mounting %s: %v\n", m.dir, err)
		}
	}
	// As systemd leaves it.
	unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
	for name, target := range map[string]string{
		"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0", "/dev/stdout": "/proc/self/fd/1",
		"/dev/stderr": "/proc/self/fd/2", "/var/run": "/run", "/etc/mtab": "/proc/self/mounts",
	} {
		os.Symlink(target, name)
	}
}
