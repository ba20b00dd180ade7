// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// in writes a command so that it runs in a namespace.
func (s *State) in(ns tracer.Netns, format string, args ...any) string {
	command := fmt.Sprintf(format, args...)
	switch dir := filepath.Dir(ns.Path); {
	case ns.Inode == s.Own, ns.Path == "":
		return command
	case dir == "/run/netns", dir == "/var/run/netns":
		return "ip netns exec " + quote(filepath.Base(ns.Path)) + " " + command
	}
	return "nsenter --net=" + quote(ns.Path) + " " + command
}

// here writes a command so that it runs where the packet ended.
func (s *State) here(format string, args ...any) string { return s.in(s.Netns, format, args...) }

// set writes the command that sets a sysctl where the packet ended.
func (s *State) set(name, value string) string {
	return s.here("sysctl -w %s", quote(name+"="+value))
}

// setting is the name of a setting of a device. Names of devices may have dots:
// then slashes part the words.
func setting(family, device, name string) string {
	if strings.Contains(device, ".") {
		return "net/" + family + "/conf/" + device + "/" + name
	}
	return "net." + family + ".conf." + device + "." + name
}

// quote makes a word of the shell, with quotes only where they are needed.
func quote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// nameOf is what a namespace is called in sentences.
func nameOf(ns tracer.Netns) string {
	if ns.Name == "" {
		return fmt.Sprint(ns.Inode)
	}
	return ns.Name
}
