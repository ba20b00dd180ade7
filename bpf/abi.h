/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_ABI_H
#define VETHTRACE_ABI_H

/* What the programs and user space share. Go's types are generated from it. */

#include "kernel.h"

/* Eight linear steps to each power of two: 12.5 %. Equal to
 * histogram.Buckets.
 */
#define HIST_SUB_BITS 3
#define HIST_BUCKETS (8 + (32 - HIST_SUB_BITS) * 8)

enum hop_stage {
	STAGE_XMIT,
	STAGE_QUEUE,
	STAGE_SOFTIRQ,
	STAGE_TOTAL,
	STAGES,
};

enum hop_path {
	PATH_BACKLOG,
	PATH_NAPI,
	PATH_XDP,
	PATHS,
};

enum hop_runner {
	RUNNER_INLINE,
	RUNNER_HARDIRQ,
	RUNNER_KSOFTIRQD,
	RUNNER_THREADED,
	RUNNERS,
};

/* A cell that user space is about to free (see cells.go) is left alone. */
enum cell_state {
	CELL_FREE,
	CELL_LIVE,
	CELL_RETIRING,
};

/* What a cell counts is its key: word 0 is the receiving device (netns inode
 * << 32 | ifindex), word 1 the run CPU + 1 and, shifted by 32, the enqueue CPU + 1,
 * so that each cell has one writer; the rest is the flow's, 0 for packets that
 * are not IP. Whatever is counted by device, by CPU or by flow is a sum of
 * cells, made in user space.
 */
#define KEY_WORDS 7
/* Of these, the words that cells of no flow have. */
#define DEVICE_KEY_WORDS 2

struct cell {
	u64 state;
	u64 key[KEY_WORDS];
	/* The other end: the device that transmitted the first hop; in a cell of
	 * a transmitter, the one that receives. And the address of the device that
	 * transmits, by which user space books hops it gave up waiting for.
	 */
	u64 peer_device;
	u64 tx_dev;
	u64 last_ns;
	u64 bytes;
	u64 gso_segs;
	/* Counted at the transmitting device, since the receiving one is not
	 * known then: hops whose slot was taken over, packets the kernel freed.
	 */
	u64 tx_missed;
	u64 tx_dropped;
	/* Hops by path, by runner, and whether they crossed CPUs. */
	u64 hops[PATHS][RUNNERS][2];
	u64 max_ns[STAGES];
	char ifname[16];
	u64 buckets[STAGES][HIST_BUCKETS];
};

/* A hop between xmit and delivery. enqueue_ns is 0 until netif_rx. tx_dev is
 * the address of the transmitting device, to be read from only if need be: its
 * namespace is one more cache line.
 */
struct hop_start {
	u64 xmit_ns;
	u64 enqueue_ns;
	u64 tx_dev;
	u32 len;
	u32 cpu;
};

/* One hop, as it is added to its cell. It is put together in a map, not on the
 * stack: the verifier forgets what it knows of values there, and so does not
 * follow every combination of them.
 */
struct hop {
	u64 now_ns;
	u64 ns[STAGES];
	u32 bucket[STAGES];
	u32 len;
	u32 gso_segs;
	u32 enqueue_cpu;
	u32 run_cpu;
	u32 path;
	u32 runner;
	/* Stages that were measured, a bit each, and HOP_KNOWN_FLOW. */
	u32 known;
	u32 _pad;
	u64 key[KEY_WORDS];
};

#define HOP_KNOWN_FLOW (1 << STAGES)

/* Aligned so that no two CPUs write to one cache line. */
struct cpu_state {
	struct hop hop;
	/* The NET_RX softirq this CPU serves, or served last: when it was
	 * entered, and on top of which task.
	 */
	u64 softirq_ns;
	u64 softirq_task;
	u32 softirq_runner;
	/* A task here has transmitted since; it will run the softirq itself. */
	u32 task_xmit;
	/* The tracked packet that XDP copied a moment ago; see handle_consume. */
	struct hop_start copied;
	u64 copied_valid;
	/* The packet this CPU put into a backlog last, until anything else
	 * happens here: if it is freed now, it found no place there.
	 */
	u64 enqueued_skb;
	u64 sampled;
	u64 emitted;
	/* Where pointers become numbers, one for each program that does it. */
	u64 scratch[8];

	u64 ringbuf_lost;
	/* Hops without a cell of their flow, and without any. */
	u64 flow_table_full;
	u64 device_table_full;
	u64 clock_backwards;
	/* A packet came out of a native XDP program. */
	u64 xdp_seen;
	/* Where this CPU's copy of the per-CPU variables lies; see context.h. */
	u64 percpu_base;
} __attribute__((aligned(64)));

struct hop_event {
	u64 ts_ns;
	u64 tx_device;
	u64 stage_ns[STAGES];
	u64 key[KEY_WORDS];
	u32 len;
	u32 gso_segs;
	u32 enqueue_cpu;
	u32 run_cpu;
	char rx_ifname[16];
	u8 path;
	u8 runner;
	u8 known;
	u8 _pad[5];
};

_Static_assert(sizeof(struct hop_event) == 8 * (2 + STAGES + KEY_WORDS) + 16 + 16 + 8, "no hole");

#endif
