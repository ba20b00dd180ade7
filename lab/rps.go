// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// RPS returns the receive packet steering mask of a device as the kernel
// writes it, in hexadecimal with a comma every 32 CPUs; zero means that packets
// are processed on the CPU they arrive on. When its receive queues have
// different masks, it returns all of them in queue order with spaces between.
func RPS(netns, ifname string) (string, error) {
	masks, err := onQueues(netns, ifname, func(masks []string, _ []*os.File) error { return nil })
	if err != nil {
		return "", fmt.Errorf("reading RPS of %q in namespace %q: %w", ifname, netns, err)
	}
	if same := slices.Compact(slices.Clone(masks)); len(same) == 1 {
		return same[0], nil
	}
	return strings.Join(masks, " "), nil
}

// SetRPS sets the mask of every receive queue of a device: the CPUs, one bit
// each, that share its flows between them. A veth end receives what its peer
// transmits, so the mask belongs on the receiving end. The kernel refuses a
// mask with CPUs it has no room for, and then no queue has changed. The mask goes with the
// device; whoever sets it elsewhere than on a lab puts back what [RPS] said.
func SetRPS(netns, ifname, mask string) error {
	if !isMask(mask) {
		return fmt.Errorf("RPS mask %q: want hexadecimal digits, with a comma every 8 digits", mask)
	}
	_, err := onQueues(netns, ifname, func(old []string, queues []*os.File) error {
		for i, q := range queues {
			if _, err := q.WriteAt([]byte(mask), 0); err != nil {
				err = fmt.Errorf("writing %q to %s: %w", mask, q.Name(), err)
				for j := range i {
					_, undoErr := queues[j].WriteAt([]byte(old[j]), 0)
					err = errors.Join(err, undoErr)
				}
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("setting RPS of %q in namespace %q: %w", ifname, netns, err)
	}
	return nil
}

// onQueues calls fn with the mask and open rps_cpus file of each receive queue,
// in the order of their numbers, and returns the masks read before.
func onQueues(netns, ifname string, fn func(masks []string, queues []*os.File) error) ([]string, error) {
	if err := validatePathName("device", ifname); err != nil {
		return nil, err
	}
	root, err := mountSysfs(netns)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	dirPath := "class/net/" + ifname + "/queues"
	dir, err := openIn(root, dirPath, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("listing queues: %w", err)
	}
	var masks []string
	var queues []*os.File
	for i := range rxQueues(names) {
		q, err := openIn(root, dirPath+"/rx-"+strconv.Itoa(i)+"/rps_cpus", unix.O_RDWR)
		if err != nil {
			return nil, err
		}
		defer q.Close()
		mask, err := io.ReadAll(q)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", q.Name(), err)
		}
		queues = append(queues, q)
		masks = append(masks, strings.TrimSpace(string(mask)))
	}
	if queues == nil {
		return nil, errors.New("no receive queue")
	}
	return masks, fn(masks, queues)
}

// rxQueues counts the receive queues, which the kernel numbers from rx-0.
func rxQueues(names []string) (n int) {
	for _, name := range names {
		if strings.HasPrefix(name, "rx-") {
			n++
		}
	}
	return n
}

func isMask(mask string) bool {
	for group := range strings.SplitSeq(mask, ",") {
		if _, err := strconv.ParseUint(group, 16, 32); err != nil {
			return false
		}
	}
	return true
}
