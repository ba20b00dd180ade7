// SPDX-License-Identifier: Apache-2.0

// Command init is process 1 of a kernel of the matrix: it mounts what a system
// has, loads modules, runs the tests of the plan and switches the machine off.
package main

import (
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

func main() {
	if os.Getpid() != 1 {
		run()
		return
	}
	mountAll()
	// The tests run below a process of their own, so that this one can reap
	// whatever they leave behind; only that one sees /proc from its start.
	worker := exec.Command("/proc/self/exe")
	worker.Stdout, worker.Stderr = os.Stderr, os.Stderr
	if err := worker.Start(); err == nil {
		reapUntil(worker.Process.Pid)
	}
	unix.Sync()
	// Without ACPI in the way: the machine is run with -no-reboot.
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
}

// reapUntil waits for children until this one has ended.
func reapUntil(pid int) {
	for {
		ended, err := unix.Wait4(-1, nil, 0, nil)
		if ended == pid || err == unix.ECHILD {
			return
		}
	}
}
