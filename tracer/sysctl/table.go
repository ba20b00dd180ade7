// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// class is how a key behaved when it was measured: it was set in the initial
// namespace, and then read in one that was made afterwards.
type class byte

const (
	// absentThen: this kernel did not have the key.
	absentThen class = '-'
	inherits   class = 'i'
	resets     class = 'r'
	// hostOnly: the key is not there in another namespace.
	hostOnly class = 'a'
	// sharedReadOnly: the host's value, which others can only read.
	sharedReadOnly class = 'o'
	shared         class = 's'
	// constant: nobody can set it.
	constant class = 'c'
	// unsettable: no other value was accepted when it was measured.
	unsettable class = 'n'
	unreadable class = 'u'
)

// measured are the kernels of the table's columns.
var measured = []string{"5.10", "6.1", "6.12", "6.18", "7.3"}

//go:embed table.txt
var tableText string

// table maps the file below /proc/sys to its classes. DEV stands for a device.
var table = sync.OnceValue(func() map[string]string {
	rows := make(map[string]string)
	for line := range strings.Lines(tableText) {
		classes, key, _ := strings.Cut(strings.TrimSpace(line), " ")
		rows[key] = classes
	}
	return rows
})

// column is the newest measured kernel that is not newer than the release.
func column(release string) int {
	var major, minor int
	// What cannot be read is taken for the oldest.
	_, _ = fmt.Sscanf(release, "%d.%d", &major, &minor)
	found := 0
	for i, m := range measured {
		var ma, mi int
		_, _ = fmt.Sscanf(m, "%d.%d", &ma, &mi)
		if ma < major || ma == major && mi <= minor {
			found = i
		}
	}
	return found
}

// classOf returns the class of a key in a column, and the kernel since which it
// is so: the oldest measured one may have had it from before.
func classOf(key string, col int) (c class, since string) {
	classes := table()[pattern(key)]
	if col >= len(classes) {
		return absentThen, ""
	}
	c = class(classes[col])
	first := col
	for first > 0 && class(classes[first-1]) == c {
		first--
	}
	switch {
	case c == absentThen:
		return c, ""
	case first == 0:
		return c, measured[0] + " or before"
	}
	return c, measured[first]
}

// pattern replaces the name of a device by DEV.
func pattern(key string) string {
	if dir, _, name, ok := ofDevice(key); ok {
		return dir + "/DEV/" + name
	}
	return key
}

// ofDevice takes a key such as net/ipv4/conf/eth0/rp_filter apart.
func ofDevice(key string) (dir, device, name string, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) != 5 || parts[2] != "conf" && parts[2] != "neigh" || parts[3] == "all" || parts[3] == "default" {
		return "", "", "", false
	}
	return strings.Join(parts[:3], "/"), parts[3], parts[4], true
}
