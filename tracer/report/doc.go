// SPDX-License-Identifier: Apache-2.0

// Package report turns what a trace has measured into bytes: JSON for
// programs, which is a contract (docs/json.md, [Schema]), and text for people.
// It is pure: a Snapshot or a Hop and an io.Writer go in, nothing else happens.
package report
