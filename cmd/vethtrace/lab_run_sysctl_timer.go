// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// Of a line of /proc/net/tcp: the fields that are read, and what they say
// (get_tcp4_sock, net/ipv4/tcp_ipv4.c).
const (
	tcpLocal       = 1
	tcpState       = 3
	tcpTimer       = 5
	tcpEstablished = "01"
	keepaliveTimer = "02"
	// userHZ is the unit of times, USER_HZ, which is 100 on all machines
	// that Go runs on.
	userHZ = time.Second / 100
)

// keepaliveTimers says, by local port, in how long the keepalive timers of the
// IPv4 connections in a namespace fire.
func keepaliveTimers(netns string) (timers map[uint16]time.Duration, err error) {
	err = lab.InNetns(netns, func() error {
		text, err := os.ReadFile("/proc/thread-self/net/tcp")
		if err != nil {
			return fmt.Errorf("reading timers: %w", err)
		}
		timers, err = parseTimers(string(text))
		return err
	})
	return timers, err
}

func parseTimers(text string) (map[uint16]time.Duration, error) {
	timers := make(map[uint16]time.Duration)
	_, lines, _ := strings.Cut(text, "\n")
	for line := range strings.Lines(lines) {
		fields := strings.Fields(line)
		if len(fields) <= tcpTimer {
			return nil, timerError(line)
		}
		_, port, _ := strings.Cut(fields[tcpLocal], ":")
		kind, ticks, _ := strings.Cut(fields[tcpTimer], ":")
		if fields[tcpState] != tcpEstablished || kind != keepaliveTimer {
			continue
		}
		local, err := strconv.ParseUint(port, 16, 16)
		if err != nil {
			return nil, timerError(line)
		}
		n, err := strconv.ParseUint(ticks, 16, 32)
		if err != nil {
			return nil, timerError(line)
		}
		timers[uint16(local)] = time.Duration(n) * userHZ
	}
	return timers, nil
}

func timerError(line string) error {
	return fmt.Errorf("reading timers: not a line of /proc/net/tcp: %q", strings.TrimSpace(line))
}
