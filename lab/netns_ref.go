// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// ownNetns is the namespace the caller lives in.
const ownNetns = "/proc/thread-self/ns/net"

// resolveNetns turns what a user calls a namespace into what is written down: a
// name under /run/netns or an absolute path. "" is the caller's own.
func resolveNetns(given string) (ref string, err error) {
	if given == "" {
		return ownNetns, nil
	}
	if filepath.Base(given) != given {
		if ref, err = filepath.Abs(given); err != nil {
			return "", fmt.Errorf("finding namespace %q: %w", given, err)
		}
		if filepath.Dir(ref) == netnsDir {
			ref = filepath.Base(ref)
		}
	} else if _, err := os.Stat(netnsPath(given)); err == nil {
		ref = given
	} else if _, err := strconv.ParseUint(given, 10, 31); err == nil {
		ref = "/proc/" + given + "/ns/net"
	} else {
		return "", fmt.Errorf("there is no namespace %q: want a name that ip netns lists, a path, or the ID of a process", given)
	}
	ns, err := openNetns(ref)
	if err != nil {
		return "", err
	}
	defer ns.Close()
	if kind, err := unix.IoctlRetInt(int(ns.Fd()), unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
		return "", fmt.Errorf("%s is not a network namespace", ns.Name())
	}
	return ref, nil
}

// FindNetns returns what a namespace is written down as: a name under /run/netns
// or an absolute path. It is given as that, as the ID of a process, as a, b, host
// or up for one of the lab's, or as "" for the caller's own.
func FindNetns(lab, given string) (ref string, err error) {
	if ref, err = resolveNetns(given); err != nil {
		if own, ownErr := resolveNetns(netnsName(lab, given)); ownErr == nil {
			return own, nil
		}
	}
	return ref, err
}

// findNetns looks for a namespace by what it is, when it is not any more where
// it was found once: the process that led there may be gone, while others are
// inside. It returns nil when no process and no name has it.
func findNetns(id identity) (*os.File, error) {
	var paths []string
	for _, pattern := range []string{netnsPath("*"), "/proc/[0-9]*/ns/net"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, fmt.Errorf("listing namespaces: %w", err)
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		f, err := openIfInode(path, id.Inode)
		if err != nil || f == nil {
			continue // gone, or not ours to look at
		}
		if found, err := identify(f); err == nil && id.means(found) {
			return f, nil
		}
		f.Close()
	}
	return nil, nil
}

func openIfInode(path string, inode uint64) (*os.File, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil || st.Ino != inode {
		return nil, err
	}
	return os.Open(path)
}

// errGone says that a namespace is no more, and with it all that was in it.
var errGone = errors.New("the namespace is gone")

// openKnown opens a namespace and makes sure that it is the one meant. It returns
// errGone when there is no such any more.
func openKnown(k knownNetns) (*os.File, error) {
	f, err := openNetns(k.Ref)
	if err == nil {
		if id, err := identify(f); err == nil && k.means(id) {
			return f, nil
		}
		f.Close()
	}
	f, err = findNetns(k.identity)
	if err == nil && f == nil {
		err = errGone
	}
	return f, err
}
