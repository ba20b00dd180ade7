// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// readOnlyIn finds a process in a namespace for which /proc/sys, or a part of it
// that has net, is mounted read-only, as container runtimes do. 0 if there is
// none, or it cannot be seen.
func readOnlyIn(inode uint32) int {
	paths, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, p := range paths {
		var st unix.Stat_t
		if err := unix.Stat(p, &st); err != nil || uint32(st.Ino) != inode {
			continue
		}
		dir := filepath.Dir(filepath.Dir(p))
		mounts, err := os.ReadFile(filepath.Join(dir, "mountinfo"))
		if err != nil || !sysReadOnly(string(mounts)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			return pid
		}
	}
	return 0
}

// sysReadOnly reads proc(5)'s mountinfo: what is mounted last on the longest
// path counts.
func sysReadOnly(mountinfo string) bool {
	readOnly, longest := false, 0
	for line := range strings.Lines(mountinfo) {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		switch at := f[4]; at {
		case "/proc", "/proc/sys", "/proc/sys/net":
			if len(at) >= longest {
				longest = len(at)
				readOnly = strings.HasPrefix(f[5], "ro,") || f[5] == "ro"
			}
		}
	}
	return readOnly
}
