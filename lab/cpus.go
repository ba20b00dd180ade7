// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"math/bits"
	"os"
	"strconv"
	"strings"
)

const possiblePath = "/sys/devices/system/cpu/possible"

// ParseCPUs returns the mask that a user means, as the kernel writes it, and
// refuses CPUs this machine cannot have. A mask is hexadecimal with a comma
// before every 8 digits, as in sysfs: 3, 0xff, 1,00000000. A list has a range or
// a prefix: 0-3, 0,2-5, cpus:2. The words all and none are what they say.
func ParseCPUs(text string) (mask string, err error) {
	possible, err := os.ReadFile(possiblePath)
	if err != nil {
		return "", fmt.Errorf("reading which CPUs there are: %w", err)
	}
	return parseCPUs(text, strings.TrimSpace(string(possible)))
}

func parseCPUs(text, possible string) (mask string, err error) {
	all, err := maskOf(possible)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", possiblePath, err)
	}
	list, isList := strings.CutPrefix(text, "cpus:")
	switch {
	case text == "none":
		return "0", nil
	case text == "all":
		return all, nil
	case isList, strings.Contains(text, "-"), isPlainList(text):
		mask, err = maskOf(list)
		if err != nil {
			return "", fmt.Errorf("CPUs %q: want a list such as 0-3,6: %w", text, err)
		}
	default:
		mask = strings.ToLower(strings.TrimPrefix(text, "0x"))
		if !isMask(mask) {
			return "", fmt.Errorf("CPUs %q: want a mask in hexadecimal with a comma before every 8 digits (3, ff, 1,00000000), a list (0-3,6 or cpus:2), all or none", text)
		}
	}
	if cpu := firstBeyond(mask, all); cpu >= 0 {
		return "", fmt.Errorf("CPUs %q: there is no CPU %d on this machine, which has %s", text, cpu, possible)
	}
	return canonMask(mask), nil
}

// isPlainList tells 0,2,5 from 1,00000000.
func isPlainList(text string) bool {
	groups := strings.Split(text, ",")
	for _, g := range groups[1:] {
		if len(g) != 8 {
			return true
		}
	}
	return false
}

// words are the groups of 32 CPUs of a mask, the lowest first.
func words(mask string) (w []uint32) {
	groups := strings.Split(mask, ",")
	for i := len(groups) - 1; i >= 0; i-- {
		n, _ := strconv.ParseUint(groups[i], 16, 32)
		w = append(w, uint32(n))
	}
	return w
}

// firstBeyond is the first CPU in a mask that is not in the other, or -1.
func firstBeyond(mask, of string) int {
	allowed := words(of)
	for i, w := range words(mask) {
		if i < len(allowed) {
			w &^= allowed[i]
		}
		if w != 0 {
			return 32*i + bits.TrailingZeros32(w)
		}
	}
	return -1
}

// canonMask leaves out leading zeros: 00000000,00000003 is 3.
func canonMask(mask string) string {
	if mask = strings.TrimLeft(mask, "0,"); mask == "" {
		return "0"
	}
	return mask
}

// CPUList returns the CPUs of a mask as a list: 0-3,6, or "none".
func CPUList(mask string) string {
	var parts []string
	w := words(mask)
	has := func(cpu int) bool { return cpu/32 < len(w) && w[cpu/32]&(1<<(cpu%32)) != 0 }
	for cpu := 0; cpu < 32*len(w); cpu++ {
		if !has(cpu) {
			continue
		}
		first := cpu
		for has(cpu + 1) {
			cpu++
		}
		part := strconv.Itoa(first)
		if cpu > first {
			part += "-" + strconv.Itoa(cpu)
		}
		parts = append(parts, part)
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ",")
}
