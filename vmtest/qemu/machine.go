// SPDX-License-Identifier: Apache-2.0

package qemu

import "fmt"

// Program is what emulates.
const Program = "qemu-system-x86_64"

// Machine is one kernel to run.
type Machine struct {
	Kernel, Initramfs string
	// Console is the file the kernel's messages are written to.
	Console string
	// Parameters are further ones for the kernel.
	Parameters string
}

// args are those of [Program]. The records come out of its standard output.
func (m Machine) args() []string {
	parameters := "console=ttyS0 loglevel=6 panic=-1 oops=panic reboot=t,force " +
		// Emulated processors have one clock, and nothing to leak.
		"tsc=reliable clocksource=tsc no_timer_check mitigations=off random.trust_cpu=on " +
		m.Parameters
	return []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		// One thread for both processors: with a thread each, code the kernel
		// patches while it runs (static keys) is at times not seen patched, and
		// it dies of an int3; two machines keep two CPUs busy all the same.
		// Without the features that are dear to emulate: a string instruction
		// that copies byte by byte, two instructions around each access to user
		// memory. (Without XSAVE 7.2 dies, and Intel's family 15 is slow there.)
		"-accel", "tcg,thread=single", "-cpu", "max,la57=off,erms=off,smap=off",
		"-smp", "2", "-m", "2048",
		"-kernel", m.Kernel, "-initrd", m.Initramfs, "-append", parameters,
		"-serial", fmt.Sprintf("file:%s", m.Console),
		"-chardev", "stdio,id=records,signal=off", "-serial", "chardev:records",
		// Two network cards on one wire, which leads nowhere else: for a test one
		// of them can be that of another machine.
		"-netdev", "hubport,id=near,hubid=0", "-device", "virtio-net-pci,netdev=near,romfile=",
		"-netdev", "hubport,id=far,hubid=0", "-device", "virtio-net-pci,netdev=far,romfile=",
	}
}
