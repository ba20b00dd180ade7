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

/* Why a packet was queued on its CPU. */
enum steering {
	STEERING_UNKNOWN,
	STEERING_NONE,
	STEERING_RPS,
	STEERING_RFS,
	STEERINGS,
};

/* Of which two the backlog one is, is not always known. */
enum drop_cause {
	DROP_OTHER,
	DROP_XDP,
	DROP_BACKLOG,
	DROP_BACKLOG_FULL,
	DROP_FLOW_LIMIT,
	DROP_CAUSES,
};

/* Kinds of device whose transmission ends in a NET_RX softirq. */
enum device_kind {
	KIND_VETH,
	KIND_LOOPBACK,
	KIND_MACVLAN,
	KIND_IPVLAN,
	KIND_NETKIT,
	KINDS,
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
 * With KEY_DROP the cell counts drops, by the enqueue CPU, and in place of the run
 * CPU there is the one whose backlog had no room, or 0. Without an enqueue CPU
 * it counts hops of which no end was seen, by the run CPU; with KEY_TX word 0
 * is the transmitting device then, since the other is not known.
 */
#define KEY_WORDS 7
#define KEY_DROP (1U << 31)
#define KEY_TX (1U << 30)
/* Of these, the words that cells of no flow have. */
#define DEVICE_KEY_WORDS 2

struct cell {
	u64 state;
	u64 key[KEY_WORDS];
	/* The device that transmitted the first hop, and its address, by which
	 * user space books hops it gave up waiting for.
	 */
	u64 peer_device;
	u64 tx_dev;
	u64 last_ns;
	u64 bytes;
	u64 gso_segs;
	/* Hops whose slot was taken over. */
	u64 missed;
	u64 drops[DROP_CAUSES];
	u64 steering[STEERINGS];
	/* Hops by path, by runner, and whether they crossed CPUs. */
	u64 hops[PATHS][RUNNERS][2];
	u64 max_ns[STAGES];
	char ifname[16];
	u32 kind;
	u32 _pad;
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
	/* Packets in the input queue that it came to, or QUEUE_LEN_UNKNOWN; the
	 * CPU + 1 that this queue is of, or 0.
	 */
	u32 queue_len;
	u16 target;
	u8 steering;
	u8 kind;
};

#define QUEUE_LEN_UNKNOWN (~0U)
/* One more than the largest bucket for the lengths of queues: up to 128 Ki. */
#define QUEUE_LEN_BUCKETS 120

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
	u32 steering;
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
	/* The same of a NAPI thread's poll. */
	u64 poll_ns;
	u64 poll_task;
	u32 softirq_runner;
	/* A task here has transmitted since; it will run the softirq itself. */
	u32 task_xmit;
	/* The tracked packet that XDP copied a moment ago; see handle_consume. */
	struct hop_start copied;
	u64 copied_valid;
	/* What is being dropped; here and not on the stack for struct hop's reason. */
	struct hop_start dropped;
	u32 drop_cause;
	u32 drop_reason;
	/* The packet this CPU transmits, until anything else happens here: if it
	 * is freed now, it found no place in the ring or backlog. And what
	 * flow_limit had counted here then.
	 */
	u64 sending_skb;
	u32 flow_limited;
	u32 _pad;
	u64 sampled;
	u64 emitted;
	/* Where pointers become numbers, one for each program that does it. */
	u64 scratch[8];

	u64 ringbuf_lost;
	/* Hops without a cell of their flow, and without any. */
	u64 flow_table_full;
	u64 device_table_full;
	u64 clock_backwards;
	/* A packet came out of a native XDP program; a thread delivered one. */
	u64 xdp_seen;
	u64 thread_seen;
	/* Where this CPU's copy of the per-CPU variables lies; see context.h. */
	u64 percpu_base;
	/* Lengths of this CPU's input queue. A CPU that delivers adds the length
	 * its packets had found; one that finds it full, at once.
	 */
	u64 queue_len_max;
	u64 queue_len[QUEUE_LEN_BUCKETS];
} __attribute__((aligned(64)));

enum event_type {
	EVENT_HOP,
	EVENT_DROP,
};

/* A hop, or a packet that was dropped: then the only stage is the total, until
 * it was freed, and the run CPU is the one that freed it.
 */
struct hop_event {
	u64 ts_ns;
	u64 tx_device;
	u64 stage_ns[STAGES];
	u64 key[KEY_WORDS];
	u32 len;
	u32 gso_segs;
	u32 enqueue_cpu;
	u32 run_cpu;
	u32 queue_len;
	/* enum skb_drop_reason, in the numbers of this kernel. */
	u32 reason;
	char rx_ifname[16];
	u16 target;
	u8 type;
	u8 kind;
	u8 steering;
	u8 cause;
	u8 path;
	u8 runner;
	u8 known;
	u8 _pad[7];
};

_Static_assert(sizeof(struct hop_event) == 8 * (2 + STAGES + KEY_WORDS) + 24 + 16 + 16, "no hole");

#endif
