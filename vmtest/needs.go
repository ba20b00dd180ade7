// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os/exec"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/qemu"
)

// needed are the commands, and the packages that have them.
var needed = []struct{ command, pkg string }{
	{qemu.Program, "qemu-system-x86"},
	{"apt-get", "apt"},
	{"dpkg", "dpkg"},
	{"xz", "xz-utils"},
	{"zstd", "zstd"},
	{"ldd", "libc-bin"},
}

// checkCommands says all that is missing at once.
func checkCommands() error {
	var missing []string
	for _, n := range needed {
		if _, err := exec.LookPath(n.command); err != nil {
			missing = append(missing, n.pkg)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("booting kernels needs what is not installed: apt-get install %s", strings.Join(missing, " "))
}
