// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/nsenter"
)

// identity tells one namespace from another of the same name.
type identity struct {
	Inode uint64 `json:"inode"`
	// Cookie is never used again while the machine runs, unlike the inode,
	// which the next namespace may get. 0 before Linux 5.14: e8b9eab99232
	// ("net: retrieve netns cookie via getsocketopt").
	Cookie uint64 `json:"cookie"`
	// ChangedNS is the inode's time of last change, which is when it was made:
	// it lives as long as anything holds it open or mounted. Only where there
	// is no cookie.
	ChangedNS int64 `json:"changed_ns,omitempty"`
}

// unpinned is how a namespace is known that the lab did not make: where there is
// no cookie, by its inode alone, whose time is new each time that nothing held it.
func (id identity) unpinned() identity {
	id.ChangedNS = 0
	return id
}

// means says that a namespace that was found is the one.
func (id identity) means(found identity) bool {
	return id == found || id == found.unpinned()
}

func identify(ns *os.File) (id identity, err error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(ns.Fd()), &st); err != nil {
		return id, fmt.Errorf("reading inode of namespace: %w", err)
	}
	id.Inode = st.Ino
	err = nsenter.In(ns, func() error {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("opening socket: %w", err)
		}
		defer unix.Close(fd)
		id.Cookie, err = unix.GetsockoptUint64(fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
		if errors.Is(err, unix.ENOPROTOOPT) {
			id.ChangedNS = st.Ctim.Nano()
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading namespace cookie: %w", err)
		}
		return nil
	})
	return id, err
}

// pin is what stands under a name in /run/netns.
type pin int

const (
	pinNone  pin = iota
	pinEmpty     // an empty file: its maker died before mounting a namespace on it
	pinNetns     // a network namespace
	pinOther     // anything else
)

func readPin(name string) (pin, identity, error) {
	f, err := os.OpenFile(netnsPath(name), os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if errors.Is(err, os.ErrNotExist) {
		return pinNone, identity{}, nil
	}
	if errors.Is(err, unix.ELOOP) {
		return pinOther, identity{}, nil
	}
	if err != nil {
		return pinNone, identity{}, fmt.Errorf("opening namespace: %w", err)
	}
	defer f.Close()
	if kind, err := unix.IoctlRetInt(int(f.Fd()), unix.NS_GET_NSTYPE); err == nil && kind == unix.CLONE_NEWNET {
		id, err := identify(f)
		return pinNetns, id, err
	}
	st, err := f.Stat()
	if err != nil {
		return pinNone, identity{}, fmt.Errorf("reading %q: %w", netnsPath(name), err)
	}
	if st.Mode().IsRegular() && st.Size() == 0 {
		return pinEmpty, identity{}, nil
	}
	return pinOther, identity{}, nil
}

// pinNew gives a namespace its name. The file must not exist yet.
func pinNew(ns *os.File, name string, step func(string)) error {
	f, err := os.OpenFile(netnsPath(name), os.O_RDONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return fmt.Errorf("creating mount point: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("creating mount point: %w", err)
	}
	step("mount point " + name)
	source := fmt.Sprintf("/proc/self/fd/%d", ns.Fd())
	if err := unix.Mount(source, netnsPath(name), "none", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mounting on %q: %w", netnsPath(name), err)
	}
	step("mount " + name)
	return nil
}

// unpin takes the name from a namespace, which lives on while a process is
// inside. The unmount is lazy and reaches other mount namespaces too, such as
// those `ip netns exec` makes, because /run/netns is shared.
func unpin(name string, step func(string)) error {
	err := unix.Unmount(netnsPath(name), unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmounting namespace %q: %w", name, err)
	}
	step("unmount " + name)
	if err := os.Remove(netnsPath(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing namespace %q: %w", name, err)
	}
	step("remove " + name)
	return nil
}
