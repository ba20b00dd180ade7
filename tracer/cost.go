// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// userCPU returns the CPU time this process used, in user space and kernel.
func userCPU() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rssBytes returns the resident memory of this process.
func rssBytes() uint64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseUint(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * uint64(os.Getpagesize())
}

// bpfStatsOn says whether the kernel counts the run time of BPF programs, for
// us or for someone else.
func bpfStatsOn() bool {
	b, err := os.ReadFile("/proc/sys/kernel/bpf_stats_enabled")
	return err == nil && strings.TrimSpace(string(b)) != "0"
}

// programTotals adds up what the kernel knows of the programs.
func programTotals(coll *ebpf.Collection) (runs uint64, runTime time.Duration, recursion uint64) {
	for _, p := range coll.Programs {
		if st, err := p.Stats(); err == nil {
			runs += st.RunCount
			runTime += st.Runtime
			recursion += st.RecursionMisses
		}
	}
	return runs, runTime, recursion
}

// kprobesMissed adds up how often kprobes were hit and their program was not
// run, since another was running. The kernel says so since 6.7.
func kprobesMissed(links []link.Link) (missed uint64) {
	for _, l := range links {
		info, err := l.Info()
		if err != nil {
			continue
		}
		if perf := info.PerfEvent(); perf != nil && perf.Kprobe() != nil {
			missed += perf.Kprobe().Missed
		}
	}
	return missed
}
