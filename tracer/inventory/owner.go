// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ownerOf returns who owns an open namespace (ioctl_ns(2), Linux 4.9 and 4.11).
// The kernel answers EPERM when the owner is outside of the own user namespace.
func ownerOf(ns *os.File) (o Owner, err error) {
	fd, err := unix.IoctlRetInt(int(ns.Fd()), unix.NS_GET_USERNS)
	if err != nil {
		return o, fmt.Errorf("asking for the owner of %s: %w", ns.Name(), err)
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return o, fmt.Errorf("reading inode of a user namespace: %w", err)
	}
	o.Userns = uint32(st.Ino)
	if o.UID, err = unix.IoctlGetUint32(fd, unix.NS_GET_OWNER_UID); err != nil {
		return o, fmt.Errorf("asking for the owner of user namespace %d: %w", o.Userns, err)
	}
	return o, nil
}
