// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strconv"
	"strings"
)

// queueKnob is a file that each receive queue of a device has.
type queueKnob struct {
	file  string
	parse func(string) (string, error)
	canon func(string) string
}

func (k queueKnob) check(s Setting) (_ Setting, err error) {
	s.Value, err = k.parse(s.Value)
	return s, err
}

// read returns one value if all queues have the same, else all of them.
func (k queueKnob) read(ns *os.File, s Setting) (string, error) {
	values, err := onQueues(ns, s.Device, k.file, func([]string, []*os.File) error { return nil })
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", s.what(), err)
	}
	return joinSame(values), nil
}

func (k queueKnob) write(ns *os.File, s Setting, value string) error {
	return setQueues(ns, s.Device, k.file, strings.Fields(value))
}

func (k queueKnob) same(a, b string) bool {
	as, bs := strings.Fields(a), strings.Fields(b)
	return slices.EqualFunc(uniform(as), uniform(bs), func(a, b string) bool { return k.canon(a) == k.canon(b) })
}

// script has a line for all queues, or one for each.
func (k queueKnob) script(s Setting, value string) (lines []string) {
	dir := "/sys/class/net/" + s.Device + "/queues/rx-"
	values := strings.Fields(value)
	if len(values) == 1 {
		return []string{shellIn(s.Netns, fmt.Sprintf("for q in %s*/%s; do echo %s > $q; done", dir, k.file, value))}
	}
	for i, v := range values {
		lines = append(lines, shellIn(s.Netns, fmt.Sprintf("echo %s > %s%d/%s", v, dir, i, k.file)))
	}
	return lines
}

// parseFlows returns what the kernel makes of a number of flows: the next power
// of two.
func parseFlows(text string) (string, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > 1<<20 {
		return "", fmt.Errorf("number of flows %q: want 0 to %d", text, 1<<20)
	}
	if n > 0 {
		n = 1 << bits.Len64(n-1)
	}
	return strconv.FormatUint(n, 10), nil
}

func joinSame(values []string) string { return strings.Join(uniform(values), " ") }

// uniform is one value where all are the same.
func uniform(values []string) []string {
	if same := slices.Compact(slices.Clone(values)); len(same) == 1 {
		return same
	}
	return values
}
