// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"strings"
)

// cpuMask has a bit for each CPU, as files in /sys understand it: hexadecimal,
// a comma before every 32 bits.
func cpuMask(cpus []row) string {
	var words []uint32
	for i := range cpus {
		for cpus[i].id.cpu/32 >= len(words) {
			words = append(words, 0)
		}
		words[cpus[i].id.cpu/32] |= 1 << (cpus[i].id.cpu % 32)
	}
	if words == nil {
		return "0"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%x", words[len(words)-1])
	for i := len(words) - 2; i >= 0; i-- {
		fmt.Fprintf(&b, ",%08x", words[i])
	}
	return b.String()
}
