// SPDX-License-Identifier: Apache-2.0

// Package results is what came out of the matrix: it understands the output of
// go test -v, counts, and prints tables for a terminal, for machines and for
// the documentation.
package results
