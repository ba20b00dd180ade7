// SPDX-License-Identifier: Apache-2.0

// Package tracer is the kernel side of vethtrace: it finds out what the
// kernel allows, loads and attaches the BPF programs, and turns what they
// count into an immutable Snapshot, and what they report into events. It
// never prints and never changes the system.
package tracer
