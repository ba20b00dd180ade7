// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

const rpsFile = "rps_cpus"

// RPS returns the receive packet steering mask of a device as the kernel
// writes it, in hexadecimal with a comma every 32 CPUs; zero means that packets
// are processed on the CPU they arrive on. When its receive queues have
// different masks, it returns all of them in queue order with spaces between.
func RPS(netns, ifname string) (string, error) {
	var masks []string
	err := withNetns(netns, func(ns *os.File) (err error) {
		masks, err = onQueues(ns, ifname, rpsFile, func([]string, []*os.File) error { return nil })
		return err
	})
	if err != nil {
		return "", fmt.Errorf("reading RPS of %q in namespace %q: %w", ifname, netns, err)
	}
	return joinSame(masks), nil
}

// SetRPS sets the mask of every receive queue of a device: the CPUs, one bit
// each, that share its flows between them. A veth end receives what its peer
// transmits, so the mask belongs on the receiving end. The kernel refuses a
// mask with CPUs it has no room for, and then no queue has changed. The mask goes
// with the device; whoever sets it elsewhere than on a lab puts back what [RPS]
// said, or uses [Apply], which remembers it.
func SetRPS(netns, ifname, mask string) error {
	if !isMask(mask) {
		return fmt.Errorf("RPS mask %q: want hexadecimal digits, with a comma every 8 digits", mask)
	}
	err := withNetns(netns, func(ns *os.File) error {
		return setQueues(ns, ifname, rpsFile, []string{mask})
	})
	if err != nil {
		return fmt.Errorf("setting RPS of %q in namespace %q: %w", ifname, netns, err)
	}
	return nil
}

// withNetns calls fn with an open namespace.
func withNetns(netns string, fn func(ns *os.File) error) error {
	ns, err := openNetns(netns)
	if err != nil {
		return err
	}
	defer ns.Close()
	return fn(ns)
}

func isMask(mask string) bool {
	for group := range strings.SplitSeq(mask, ",") {
		if _, err := strconv.ParseUint(group, 16, 32); err != nil {
			return false
		}
	}
	return true
}
