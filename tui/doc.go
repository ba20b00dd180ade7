// SPDX-License-Identifier: Apache-2.0

// Package tui is the live screen of vethtrace: it pulls immutable
// tracer.Snapshots at an interval and draws devices, CPUs and flows from them.
// It knows nothing of BPF or of the system: every number and every time on
// the screen comes from the last two snapshots, so the same snapshots always
// make the same screen.
//
// All state is in the model, Update is pure, View builds a string, and the
// only I/O is the tea.Cmd that calls the Source.
package tui
