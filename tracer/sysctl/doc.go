// SPDX-License-Identifier: Apache-2.0

// Package sysctl says of each net sysctl how a network namespace came by its
// value: copied from the host's, reset to the kernel's default, shared, or not
// there at all. What is observed in namespaces comes first; what no observation
// can tell comes from a table, measured on five kernels.
package sysctl
