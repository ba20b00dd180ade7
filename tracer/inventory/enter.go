// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// handleIn returns a netlink handle in an open namespace, to which it stays
// bound; the caller closes it. Another namespace than the own one needs
// CAP_SYS_ADMIN. Of the families it opens only routing: others would load their
// modules.
func handleIn(ns *os.File, inode uint32) (h *netlink.Handle, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = onThreadIn(ns, inode, func() (err error) {
			h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
			return err
		})
	}()
	<-done
	if err != nil {
		return nil, fmt.Errorf("opening netlink in %s: %w", ns.Name(), err)
	}
	return h, nil
}

// onThreadIn runs fn on a thread in the namespace and puts the thread back.
// When that fails the goroutine stays locked to its thread, which so ends
// instead of being used again.
func onThreadIn(ns *os.File, inode uint32, fn func() error) error {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("opening own namespace: %w", err)
	}
	defer home.Close()
	if own, err := InodeAt(home.Name()); err == nil && own == inode {
		defer runtime.UnlockOSThread()
		return fn()
	}
	if err = unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("entering it: %w", err)
	}
	err = fn()
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("going back (this thread ends): %w", back))
	}
	runtime.UnlockOSThread()
	return err
}
