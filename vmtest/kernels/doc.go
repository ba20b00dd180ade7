// SPDX-License-Identifier: Apache-2.0

// Package kernels gets Debian's cloud kernels: it finds the newest one of a
// suite in package lists of its own, downloads and unpacks it into a cache.
// The machine's package lists and configuration are read, never changed.
package kernels
