// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"regexp"
	"strings"
)

// ip is a command of iproute2 in a namespace.
func ip(netns, format string, args ...any) string {
	return ipFamily(netns, "", format, args...)
}

// ipFamily is one for a family: "-6 " or "".
func ipFamily(netns, family, format string, args ...any) string {
	return "ip " + inNamespace(netns) + family + fmt.Sprintf(format, args...)
}

// inNamespace is the option of ip and tc; ip takes a path for a name, too.
func inNamespace(netns string) string {
	if netns == ownNetns {
		return ""
	}
	return "-n " + quote(netns) + " "
}

// in is any command in a namespace, with the /sys of that.
func in(netns, command string) string {
	if netns == ownNetns {
		return command
	}
	return "ip netns exec " + quote(netns) + " " + command
}

// shellIn is a line of shell in a namespace.
func shellIn(netns, line string) string {
	if netns == ownNetns {
		return line
	}
	return in(netns, "sh -c "+quote(line))
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// quote makes one word of the shell of any text.
func quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Command is one line of shell that does what the lab does, and Why.
type Command struct {
	// Why is the same for the lines of one step.
	Why  string
	Line string
}

// commandsOf are those of the steps in order.
func commandsOf(steps []step) (lines []Command, err error) {
	for _, st := range steps {
		op, err := st.operation()
		if err != nil {
			return nil, err
		}
		for _, line := range op.script() {
			lines = append(lines, Command{Why: st.Why, Line: line})
		}
	}
	return lines, nil
}

// undoCommandsOf are those that undo the steps, the last one first.
func undoCommandsOf(steps []step) (lines []Command, err error) {
	for i := len(steps) - 1; i >= 0; i-- {
		op, err := steps[i].operation()
		if err != nil {
			return nil, err
		}
		for _, line := range op.unscript() {
			lines = append(lines, Command{Why: "undo: " + steps[i].Why, Line: line})
		}
	}
	return lines, nil
}
