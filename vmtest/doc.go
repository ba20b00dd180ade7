// SPDX-License-Identifier: Apache-2.0

// Command vmtest runs the project's tests in other kernels: it boots Debian's
// in emulated machines, without root, and prints one table.
//
//	go run ./vmtest -kernels 5.10,6.12 -run TestHops -modes fentry,kprobe
//
// One machine for each kernel runs the tests that depend on the mode (-pkgs) in
// every mode, and the others (-once) once. Some kernels are booted a second time
// with another command line, for a single test.
//
// The tests know where they are by VETHTRACE_VM=1 and which mode to force by
// VETHTRACE_MODE (empty: none).
package main
