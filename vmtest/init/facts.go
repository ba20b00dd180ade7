// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// symbols are the functions hooks are attached to.
var symbols = regexp.MustCompile(` (veth_xmit|enqueue_to_backlog|process_backlog|__netif_receive_skb_core|netif_rx_internal|__netif_rx|netif_rx)(\.\S+)?(\s|$)`)

// facts are what decides which hooks a kernel offers.
func facts() []string {
	btf := "none"
	if entries, err := os.ReadDir("/sys/kernel/btf"); err == nil {
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		btf = strings.Join(names, " ")
	}
	found := []string{
		"btf: " + btf,
		"clocksource: " + readText("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
	}
	for _, name := range []string{
		"kernel/bpf_stats_enabled", "kernel/unprivileged_bpf_disabled", "kernel/kptr_restrict",
		"net/core/bpf_jit_enable", "net/core/netdev_max_backlog", "kernel/ftrace_enabled",
	} {
		found = append(found, fmt.Sprintf("sysctl %s: %s", name, readText("/proc/sys/"+name)))
	}
	return append(found, kallsyms()...)
}

func kallsyms() (lines []string) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return []string{"kallsyms: " + err.Error()}
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	for in.Scan() {
		if symbols.MatchString(in.Text()) {
			lines = append(lines, "kallsyms: "+in.Text())
		}
	}
	return lines
}
