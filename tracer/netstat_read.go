// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// netCounters are a network namespace's counters, in the order of
// TCPCounterNames.
type netCounters [len(TCPCounterNames)]int64

// noCounter is the value of a counter that this kernel does not have.
const noCounter = -1

// readNetstat reads the counters of the namespace at path.
func readNetstat(path string) (netCounters, error) {
	ns, err := os.Open(path)
	if err != nil {
		return netCounters{}, fmt.Errorf("opening network namespace: %w", err)
	}
	defer ns.Close()
	var c netCounters
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err = readNetstatThere(ns)
	}()
	<-done
	if err != nil {
		return netCounters{}, fmt.Errorf("reading the counters of network namespace %s: %w", path, err)
	}
	return c, nil
}

// readNetstatThere takes its thread into the namespace and back. When it cannot
// go back, the goroutine stays locked to its thread, so that the Go runtime ends
// the thread instead of reusing it.
func readNetstatThere(ns *os.File) (c netCounters, err error) {
	runtime.LockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return c, fmt.Errorf("opening own namespace: %w", err)
	}
	defer home.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return c, fmt.Errorf("entering it: %w", err)
	}
	c, err = readOwnNetstat()
	if backErr := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); backErr != nil {
		return c, errors.Join(err, fmt.Errorf("going back (this thread ends): %w", backErr))
	}
	runtime.UnlockOSThread()
	return c, err
}

// readOwnNetstat reads those of the thread's namespace: /proc/net would be that
// of the process's first thread.
func readOwnNetstat() (netCounters, error) {
	snmp, err := os.ReadFile("/proc/thread-self/net/snmp")
	if err != nil {
		return netCounters{}, err
	}
	ext, err := os.ReadFile("/proc/thread-self/net/netstat")
	if err != nil {
		return netCounters{}, err
	}
	return parseNetstat(snmp, ext)
}

// parseNetstat understands the format of both files: a row of names, then one of
// values, each behind the name of its protocol. The counters of row Tcp have
// it before their own names in TCPCounterNames, as nstat prints them; those of
// TcpExt do not.
func parseNetstat(snmp, ext []byte) (netCounters, error) {
	var c netCounters
	for i := range c {
		c[i] = noCounter
	}
	if err := c.parse(snmp, "Tcp:", "Tcp"); err != nil {
		return c, err
	}
	return c, c.parse(ext, "TcpExt:", "")
}

func (c *netCounters) parse(b []byte, row, prefix string) error {
	var names [][]byte
	for line := range bytes.Lines(b) {
		fields := bytes.Fields(line)
		switch {
		case len(fields) == 0 || string(fields[0]) != row:
		case names == nil:
			names = fields
		case len(fields) != len(names):
			return fmt.Errorf("row %s has %d names and %d values", row, len(names)-1, len(fields)-1)
		default:
			for i := 1; i < len(fields); i++ {
				if err := c.set(prefix+string(names[i]), string(fields[i])); err != nil {
					return fmt.Errorf("row %s %w", row, err)
				}
			}
			names = nil
		}
	}
	if names != nil {
		return fmt.Errorf("row %s has names and no values", row)
	}
	return nil
}

// set sets the counter of that name, if it is one of those wanted.
func (c *netCounters) set(name, value string) error {
	for i, n := range TCPCounterNames {
		if n != name {
			continue
		}
		v, err := strconv.ParseInt(value, 10, 64)
		if err == nil && v < 0 {
			err = fmt.Errorf("%d is negative", v)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c[i] = v
	}
	return nil
}
