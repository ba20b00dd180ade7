// SPDX-License-Identifier: Apache-2.0

// Package qemu runs a kernel in an emulated machine and hands over the records
// its init sends. No root and no /dev/kvm is needed, and the machine has
// no disk, and two network cards that only reach each other.
package qemu
