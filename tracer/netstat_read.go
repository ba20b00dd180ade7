// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"github.com/vethtrace/vethtrace/nsenter"
)

// netCounters are a network namespace's counters, in the order of
// TCPCounterNames.
type netCounters [len(TCPCounterNames)]int64

// noCounter is the value of a counter that this kernel does not have.
const noCounter = -1

// readNetstat reads the counters of the namespace at path.
func readNetstat(path string) (netCounters, error) {
	var c netCounters
	err := nsenter.At(path, func() (err error) {
		c, err = readOwnNetstat()
		return err
	})
	if err != nil {
		return netCounters{}, fmt.Errorf("reading TCP counters: %w", err)
	}
	return c, nil
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
