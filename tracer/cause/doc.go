// SPDX-License-Identifier: Apache-2.0

// Package cause says why a packet that was followed ended where it did: it reads
// the settings of the namespace it ended in, decides which of them is the cause,
// and names the commands that cure it. It changes nothing.
//
// What it reads is the state at that time, which is after the packet.
package cause
