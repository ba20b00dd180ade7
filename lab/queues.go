// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// setQueues writes one value to all receive queues of a device, or one to each.
// After an error all have what they had.
func setQueues(ns *os.File, ifname, file string, values []string) error {
	_, err := onQueues(ns, ifname, file, func(old []string, queues []*os.File) error {
		if len(values) != 1 && len(values) != len(queues) {
			return fmt.Errorf("%d values for %d receive queues", len(values), len(queues))
		}
		for i, q := range queues {
			value := values[min(i, len(values)-1)]
			if _, err := q.WriteAt([]byte(value), 0); err != nil {
				err = fmt.Errorf("writing %q to %s: %w", value, q.Name(), err)
				for j := range i {
					_, undoErr := queues[j].WriteAt([]byte(old[j]), 0)
					err = errors.Join(err, undoErr)
				}
				return err
			}
		}
		return nil
	})
	return err
}

// onQueues calls fn with what a file says and the open file, of each receive
// queue in the order of their numbers, and returns what the files said before.
func onQueues(ns *os.File, ifname, file string, fn func(values []string, queues []*os.File) error) ([]string, error) {
	if err := validatePathName("device", ifname); err != nil {
		return nil, err
	}
	root, err := mountSysfs(ns)
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
	var values []string
	var queues []*os.File
	for i := range rxQueues(names) {
		q, err := openIn(root, dirPath+"/rx-"+strconv.Itoa(i)+"/"+file, unix.O_RDWR)
		if err != nil {
			return nil, err
		}
		defer q.Close()
		value, err := io.ReadAll(q)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", q.Name(), err)
		}
		queues = append(queues, q)
		values = append(values, strings.TrimSpace(string(value)))
	}
	if queues == nil {
		return nil, errors.New("no receive queue")
	}
	return values, fn(values, queues)
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
