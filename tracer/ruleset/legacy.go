// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// legacy says whether iptables-legacy has tables in a namespace, and so whether
// it may have rules.
func legacy(ns *os.File) (has bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		home, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			runtime.UnlockOSThread()
			return
		}
		defer home.Close()
		defer func() {
			// A thread that cannot go back ends with the goroutine.
			if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
				runtime.UnlockOSThread()
			}
		}()
		if unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET) != nil {
			return
		}
		for _, file := range []string{"ip_tables_names", "ip6_tables_names"} {
			data, err := os.ReadFile("/proc/thread-self/net/" + file)
			has = has || err == nil && len(data) > 0
		}
	}()
	<-done
	return has
}
