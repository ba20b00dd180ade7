// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// AllCPUs returns the mask of all CPUs that are online, as [SetRPS] takes it.
func AllCPUs() (string, error) {
	const path = "/sys/devices/system/cpu/online"
	list, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading which CPUs are online: %w", err)
	}
	mask, err := maskOf(strings.TrimSpace(string(list)))
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	return mask, nil
}

// maskOf turns a list of CPUs, as the kernel writes it, into a mask: hexadecimal
// with a comma before every 32 bits.
func maskOf(list string) (string, error) {
	var words []uint32
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, err := strconv.ParseUint(from, 10, 16)
		if err != nil {
			return "", fmt.Errorf("list of CPUs %q: %w", list, err)
		}
		last, err := strconv.ParseUint(to, 10, 16)
		if err != nil {
			return "", fmt.Errorf("list of CPUs %q: %w", list, err)
		}
		for cpu := first; cpu <= last; cpu++ {
			for cpu/32 >= uint64(len(words)) {
				words = append(words, 0)
			}
			words[cpu/32] |= 1 << (cpu % 32)
		}
	}
	var mask strings.Builder
	for i := len(words) - 1; i >= 0; i-- {
		if i == len(words)-1 {
			fmt.Fprintf(&mask, "%x", words[i])
		} else {
			fmt.Fprintf(&mask, ",%08x", words[i])
		}
	}
	return mask.String(), nil
}
