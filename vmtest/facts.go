// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"
)

var hookConfig = regexp.MustCompile(`(?m)^(# )?CONFIG_(KPROBES|KPROBES_ON_FTRACE|KPROBE_EVENTS|FPROBE|DYNAMIC_FTRACE|` +
	`DYNAMIC_FTRACE_WITH_(REGS|ARGS|DIRECT_CALLS)|KALLSYMS_ALL|DEBUG_INFO_BTF|DEBUG_INFO_BTF_MODULES|` +
	`BPF_JIT|BPF_UNPRIV_DEFAULT_OFF|PREEMPT_DYNAMIC|RPS|NETKIT|VETH)[= ].*$`)

// configFacts are the lines of a kernel's configuration that decide which
// hooks it offers.
func configFacts(path string) []string {
	data, err := os.ReadFile(path)
	if err != nil {
		return []string{"config: not in the kernel's packages"}
	}
	return hookConfig.FindAllString(string(data), -1)
}
