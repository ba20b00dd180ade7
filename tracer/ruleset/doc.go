// SPDX-License-Identifier: Apache-2.0

// Package ruleset finds the nftables rule, or the chain's policy, that ends a
// packet, by reading the rules and evaluating them as the kernel does
// (nft_do_chain, net/netfilter/nf_tables_core.c). It changes nothing. What it
// does not understand of a rule may match or not: then it names all rules that
// can have been it.
package ruleset
