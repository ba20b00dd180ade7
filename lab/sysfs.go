// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/nsenter"
)

// mountSysfs returns a sysfs that shows the namespace's devices, mounted
// nowhere: it is gone when the file is closed. /sys shows those of the
// namespace it was mounted from, whatever namespace a thread has entered.
// fsopen and fsmount: Linux 5.2, 24dcb3d90a1f ("vfs: syscall: Add fsopen() to
// prepare for superblock creation").
func mountSysfs(ns *os.File) (root *os.File, err error) {
	err = nsenter.In(ns, func() error {
		fs, err := unix.Fsopen("sysfs", unix.FSOPEN_CLOEXEC)
		if err != nil {
			return fmt.Errorf("opening sysfs: %w", err)
		}
		defer unix.Close(fs)
		if err := unix.FsconfigCreate(fs); err != nil {
			return fmt.Errorf("creating sysfs: %w", err)
		}
		fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("mounting sysfs: %w", err)
		}
		root = os.NewFile(uintptr(fd), "sysfs of "+ns.Name())
		return nil
	})
	return root, err
}

// openIn opens a path below root, following the links within sysfs.
func openIn(root *os.File, path string, flags int) (*os.File, error) {
	fd, err := unix.Openat(int(root.Fd()), path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s in %s: %w", path, root.Name(), err)
	}
	return os.NewFile(uintptr(fd), path), nil
}
