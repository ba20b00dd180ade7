// SPDX-License-Identifier: Apache-2.0

// Package guest is what the machine that starts a kernel and the program that
// runs in it agree upon: where things are, what to run, and the records that
// come back.
package guest
