// SPDX-License-Identifier: Apache-2.0

// Package path follows single packets through the devices, bridges, NAT and
// routing of every network namespace of the machine, to where they end.
package path
