// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Check is one thing that tracing depends on.
type Check struct {
	Name string
	// Found says what there is, in a few words.
	Found string
	// Missing says what is wrong and what to do, empty when nothing is.
	Missing string
	// Optional is set when tracing works without it.
	Optional bool
}

// OK says whether the check found what it looked for.
func (c Check) OK() bool { return c.Missing == "" }

// system is what checks look at; tests replace it.
type system struct {
	readFile  func(string) ([]byte, error)
	capset    func() (effective uint64, err error)
	features  func() (*features, error)
	chooser   func(*features) *chooser
	tryToLoad func(Mode) error
}

func thisSystem() system {
	return system{
		readFile: os.ReadFile,
		capset:   effectiveCaps,
		features: probeFeatures,
		chooser:  (*features).chooser,
		tryToLoad: func(mode Mode) error {
			t, err := Start(Options{Mode: mode})
			if err != nil {
				return err
			}
			return t.Close()
		},
	}
}

// Checks finds out whether tracing will work here with a mode, and which mode is
// used where it is left open. The last check is to load and attach everything,
// and to remove it again. The mode is empty when tracing will not work.
func Checks(want Mode) (all []Check, mode Mode) { return runChecks(thisSystem(), want) }

func runChecks(s system, want Mode) ([]Check, Mode) {
	f, err := s.features()
	checks := []Check{checkBTF(err), checkLockdown(s)}
	checks = append(checks, checkCaps(s)...)
	checks = append(checks, checkMemlock())
	var mode Mode
	if f != nil && allOK(checks) {
		var hooks []Check
		hooks, mode = checkHooks(s.chooser(f), want)
		checks = append(checks, hooks...)
		checks = append(checks, checkContext(f))
	}
	if !allOK(checks) {
		return checks, ""
	}
	c := Check{Name: "load and attach", Found: "works"}
	if err := s.tryToLoad(mode); err != nil {
		c.Found, c.Missing = "refused", err.Error()
		return append(checks, c), ""
	}
	return append(checks, c), mode
}

// allOK says whether nothing is missing that is needed.
func allOK(checks []Check) bool {
	return !slices.ContainsFunc(checks, func(c Check) bool { return !c.OK() && !c.Optional })
}

func checkBTF(err error) Check {
	c := Check{Name: "kernel type information (BTF)", Found: "/sys/kernel/btf/vmlinux"}
	if err != nil {
		c.Found = "none"
		c.Missing = "this kernel has no /sys/kernel/btf/vmlinux: use one built with CONFIG_DEBUG_INFO_BTF=y, as distributions' kernels are since 2020"
	}
	return c
}

// lockdownFile says how far the kernel is locked down, since 5.4.
const lockdownFile = "/sys/kernel/security/lockdown"

func checkLockdown(s system) Check {
	c := Check{Name: "kernel lockdown", Found: "none"}
	b, err := s.readFile(lockdownFile)
	if err != nil {
		return c // securityfs not mounted, or not built in
	}
	switch {
	case strings.Contains(string(b), "[confidentiality]"):
		c.Found = "confidentiality"
		c.Missing = "lockdown=confidentiality forbids BPF programs to read kernel memory: boot with lockdown=integrity, or without Secure Boot"
	case strings.Contains(string(b), "[integrity]"):
		c.Found = "integrity, which permits tracing"
	}
	return c
}

// neededCaps are the rights that tracing takes, with what for.
var neededCaps = []struct {
	bit  uint
	name string
	why  string
}{
	{unix.CAP_BPF, "CAP_BPF", "to load BPF programs and maps"},
	{unix.CAP_PERFMON, "CAP_PERFMON", "to attach them to tracepoints and read kernel memory"},
	{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN", "to find the names of devices in other network namespaces"},
	{unix.CAP_NET_ADMIN, "CAP_NET_ADMIN", "for `vethtrace lab` and `vethtrace demo`"},
}

// checkCaps names each missing right. CAP_BPF and CAP_PERFMON exist since 5.8
// (a17b53c4a4b5, 980737282232); CAP_SYS_ADMIN includes both.
func checkCaps(s system) []Check {
	effective, err := s.capset()
	if err != nil {
		return []Check{{Name: "rights", Found: "unknown", Missing: err.Error()}}
	}
	has := func(bit uint) bool { return effective&(1<<bit) != 0 }
	var checks []Check
	for _, n := range neededCaps {
		c := Check{Name: n.name, Found: "held", Optional: n.bit == unix.CAP_SYS_ADMIN || n.bit == unix.CAP_NET_ADMIN}
		implied := (n.bit == unix.CAP_BPF || n.bit == unix.CAP_PERFMON) && has(unix.CAP_SYS_ADMIN)
		if !has(n.bit) && !implied {
			c.Found = "missing"
			c.Missing = fmt.Sprintf("%s is needed %s: run as root, or give it with setpriv, systemd AmbientCapabilities= or docker --cap-add", n.name, n.why)
		}
		checks = append(checks, c)
	}
	return checks
}

// mayTrace says whether this process holds the rights that tracing cannot do
// without. Unknown counts as yes.
func mayTrace() bool {
	for _, c := range checkCaps(thisSystem()) {
		if !c.OK() && !c.Optional {
			return false
		}
	}
	return true
}

func effectiveCaps() (uint64, error) {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		return 0, fmt.Errorf("reading capabilities: %w", err)
	}
	return uint64(data[1].Effective)<<32 | uint64(data[0].Effective), nil
}

// checkMemlock is about kernels before 5.11, which count BPF maps against
// RLIMIT_MEMLOCK (since then: memory cgroups, 97306be45fbe).
func checkMemlock() Check {
	c := Check{Name: "locked memory limit", Found: "does not count (kernel 5.11 and later)", Optional: true}
	var major, minor int
	if _, err := fmt.Sscanf(KernelRelease(), "%d.%d", &major, &minor); err != nil || major > 5 || major == 5 && minor >= 11 {
		return c
	}
	var lim unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &lim); err != nil || lim.Max >= 64<<20 {
		c.Found = "enough"
		return c
	}
	c.Found, c.Missing = fmt.Sprintf("%d bytes", lim.Max), "before kernel 5.11 BPF maps count as locked memory: run with `ulimit -l unlimited`"
	return c
}
