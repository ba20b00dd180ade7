// SPDX-License-Identifier: Apache-2.0

// Package image writes the initramfs a kernel of the matrix boots: one static
// program as /init, the modules it loads, the test binaries, the commands they
// call with their shared libraries, and the files of the repository. Debian's
// cloud kernels have no 9p, so nothing of the machine is mounted in the guest.
package image
