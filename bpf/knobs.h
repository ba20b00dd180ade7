/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_KNOBS_H
#define VETHTRACE_KNOBS_H

/* Set by user space before loading; the verifier removes what they switch off. */

#include "kernel.h"

#define FILTER_DEVICES 16

struct filter {
	/* Devices as netns inode << 32 | ifindex; either end matches. */
	u64 device[FILTER_DEVICES];
	u32 devices;
	/* Inode of a network namespace that either end is in; 0 is any. */
	u32 netns;
	/* A prefix that source or destination is in; family 0 is any. In
	 * network byte order, masked already.
	 */
	u32 addr[4];
	u32 mask[4];
	u8 family;
	/* IP protocol; 0 is any. */
	u8 proto;
	/* Source or destination port, host order; 0 is any. */
	u16 port;
};

const volatile struct filter filter;

/* log2 of the number of slot buckets, and of cells for flows and devices. The
 * maps are made to match.
 */
const volatile u32 slot_bits = 15;
const volatile u32 device_bits = 8;
const volatile u32 flow_bits = 11;

/* Kinds of device to trace, a bit each (enum device_kind). */
const volatile u32 kinds = 1;

/* Events: drops; hops, one in so many, and only those slower than so much. */
const volatile bool emit_drops;
const volatile bool emit_hops;
const volatile u32 emit_every = 1;
const volatile u64 emit_slower_ns;

#endif
