// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// openResults opens the serial port of the records, and keeps the terminal
// layer from changing what is written.
func openResults() (*os.File, error) {
	f, err := os.OpenFile(guest.ResultsDevice, os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	fd := int(f.Fd())
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG
	t.Cflag = t.Cflag&^unix.CBAUD | unix.B115200 | unix.CLOCAL
	return f, unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

func readText(path string) string {
	data, _ := os.ReadFile(path)
	return strings.TrimSpace(string(data))
}

func release() string { return readText("/proc/sys/kernel/osrelease") }

// uptime is the seconds since the kernel started.
func uptime() (seconds float64) {
	fmt.Sscan(readText("/proc/uptime"), &seconds)
	return seconds
}
