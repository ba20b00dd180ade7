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
	CELL_MAKING,
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
	/* Hops whose packet was overtaken. */
	u64 reordered;
	u64 max_ns[STAGES];
	char ifname[16];
	u32 kind;
	/* Where the order of the flow's packets is kept: the index + 1 of a struct
	 * order, 0 when there was no room, or ORDER_NONE.
	 */
	u32 order;
	u64 buckets[STAGES][HIST_BUCKETS];
};

#define ORDER_NONE (~0U)

enum aside_state {
	ASIDE_NONE,
	ASIDE_WRITING,
	ASIDE_THERE,
};

/* What transmits a packet. */
enum sender {
	SENDER_UNKNOWN,
	SENDER_TASK,
	SENDER_SOFTIRQ,
	SENDERS,
};

/* A hop between xmit and delivery. enqueue_ns is 0 until netif_rx. tx_dev is
 * the address of the transmitting device, to be read from only if need be: its
 * namespace is one more cache line.
 */
struct hop_start {
	u64 xmit_ns;
	u64 enqueue_ns;
	u64 tx_dev;
	/* sk_buff._nfct: the connection as netfilter knows it, which the packet
	 * does not take with it.
	 */
	u64 nfct;
	u32 len;
	u32 cpu;
	/* Of the task that transmits. */
	u32 pid;
	/* Packets in the input queue that it came to, or QUEUE_LEN_UNKNOWN; the
	 * CPU + 1 that this queue is of, or 0.
	 */
	u32 queue_len;
	u16 target;
	u8 steering;
	u8 kind;
	u8 sender;
	u8 _pad[3];
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

/* Why two packets of a flow could overtake each other. */
enum reorder_cause {
	CAUSE_UNKNOWN,
	CAUSE_SENDER_MOVED,
	CAUSE_SOFTIRQ_SENDER,
	CAUSE_SEVERAL_SENDERS,
	CAUSE_RPS_CHANGED,
	CAUSE_RFS_CHANGED,
	CAUSE_SEVERAL_QUEUES,
	CAUSE_THREADED,
	REORDER_CAUSES,
};

/* A packet as it is remembered to find those that it has overtaken. */
struct order_mark {
	/* enqueue_ns is xmit_ns where there is no netif_rx. */
	u64 enqueue_ns;
	u64 deliver_ns;
	u32 pid;
	u32 seq;
	u16 enqueue_cpu;
	u16 run_cpu;
	u16 queue;
	u8 steering;
	u8 runner;
	u8 path;
	u8 sender;
	u8 _pad[6];
};

/* A task that was seen to transmit from another CPU than before. */
struct order_move {
	u64 ts_ns;
	u32 pid;
	u16 from;
	u16 to;
};

/* What a packet was overtaken by: the first that did, how many had, and why. */
struct overtaking {
	struct order_mark over;
	struct order_move move;
	u32 displacement;
	u32 cause;
	/* Of the packet itself, for the event. */
	u64 tx_dev;
	u64 rx_dev;
	u64 nfct;
	u32 late_end_seq;
	u32 kind;
};

struct order_pair {
	u16 late_cpu;
	u16 over_cpu;
	u32 hops;
};

/* Packets remembered of a flow, a power of two. Equal to tracer.MaxRemembered. */
#define ORDER_RING_BITS 5
#define ORDER_RING (1 << ORDER_RING_BITS)
#define ORDER_PAIRS 4
/* Words of a flow's key: those of a cell without the one of the CPUs. */
#define ORDER_KEY_WORDS (KEY_WORDS - 1)

/* The order of one flow's packets on one receiving device. ring holds the
 * newest of those that were in order: each was enqueued after the one before
 * it. Changed by whoever holds the lock, except for state and key.
 */
struct order {
	u64 state;
	u64 key[ORDER_KEY_WORDS];
	u64 lock;
	/* The newest packet of a CPU that did not get the lock. */
	u64 aside_state;
	struct order_mark aside;
	/* How many have been put into ring. */
	u64 marks;
	u64 reordered;
	u64 max_late_ns;
	u64 max_displacement;
	u64 last_ns;
	u64 other_pairs;
	u64 moves;
	u64 causes[REORDER_CAUSES];
	struct order_pair pairs[ORDER_PAIRS];
	struct order_move move;
	/* The task that sends, and where it was last. */
	u32 task;
	u32 task_cpu;
	struct order_mark ring[ORDER_RING];
	u64 late_buckets[HIST_BUCKETS];
};

/* Aligned so that no two CPUs write to one cache line. */
struct cpu_state {
	struct hop hop;
	/* Of the packet in hop, and by what it was overtaken, if it was. */
	struct order_mark mark;
	struct overtaking overtaking;
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
	u32 drop_seq;
	u32 drop_end_seq;
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
	u64 scratch[11];

	u64 ringbuf_lost;
	u64 rare_lost;
	/* Hops whose order was not looked at. */
	u64 order_unknown;
	/* Hops without a cell of their flow, and without any. */
	u64 flow_table_full;
	u64 device_table_full;
	u64 clock_backwards;
	/* A packet came out of a native XDP program; a thread delivered one. */
	u64 xdp_seen;
	u64 thread_seen;
	/* A packet was overtaken, or sent again. */
	u64 reorder_seen;
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
	EVENT_REORDER,
	EVENT_RETRANSMIT,
	EVENT_SYNACK,
	EVENT_HOLE,
	EVENT_FILLED,
	EVENT_DUPLICATE,
	EVENT_SACK,
	EVENT_DSACK,
	EVENT_UNDO,
	EVENT_ACKED,
	EVENTS,
};

/* A hop, or a packet that was dropped: then the only stage is the total, until
 * it was freed, and the run CPU is the one that freed it.
 */
struct hop_event {
	u64 ts_ns;
	u32 type;
	u32 len;
	u64 tx_device;
	u64 stage_ns[STAGES];
	u64 key[KEY_WORDS];
	u32 gso_segs;
	u32 enqueue_cpu;
	u32 run_cpu;
	u32 queue_len;
	/* enum skb_drop_reason, in the numbers of this kernel. */
	u32 reason;
	/* Of a TCP packet that was dropped; else equal. */
	u32 seq;
	u32 end_seq;
	u16 target;
	u8 kind;
	u8 steering;
	char rx_ifname[16];
	u8 cause;
	u8 path;
	u8 runner;
	u8 known;
	u32 _pad;
};

_Static_assert(sizeof(struct hop_event) == 8 * (3 + STAGES + KEY_WORDS) + 32 + 16 + 8, "no hole");

/* A packet that was overtaken, at its delivery. */
struct reorder_event {
	u64 ts_ns;
	u32 type;
	u32 len;
	u64 tx_device;
	u64 key[KEY_WORDS];
	/* The flow before NAT, as words 2 and on of key; 0 if there is none. */
	u64 before[ORDER_KEY_WORDS - 1];
	struct order_mark late;
	struct order_mark over;
	struct order_move move;
	u32 late_end_seq;
	u32 displacement;
	char rx_ifname[16];
	u8 at_least;
	u8 cause;
	u8 kind;
	u8 _pad[5];
};

_Static_assert(sizeof(struct reorder_event) ==
		       16 + 8 + 8 * (2 * KEY_WORDS - 2) + 80 + 16 + 8 + 16 + 8,
	       "no hole");

/* What a TCP socket did. docs/retransmit.md says how it is understood. */
struct tcp_event {
	u64 ts_ns;
	u32 type;
	/* Of the socket. */
	u32 netns;
	/* Words 2 and on of a cell's key, in the direction of the data. */
	u64 flow[ORDER_KEY_WORDS - 1];
	/* Where the socket's route leads to, and the other end if that is a veth. */
	u64 device;
	u64 peer;
	u32 seq;
	u32 end_seq;
	u32 snd_una;
	u32 segs;
	u32 cwnd;
	u32 ssthresh;
	u32 srtt_us;
	u32 total_retrans;
	u32 dsacks;
	u32 reord_seen;
	u32 out_of_order;
	u32 undo_marker;
	/* What the attempt to send failed with, negative; since 6.17. */
	s32 err;
	char ifname[16];
	u8 state;
	u8 ca_state;
	u8 pending;
	u8 retransmits;
	u8 backoff;
	u8 sack_ok;
	u8 _pad[6];
};

_Static_assert(sizeof(struct tcp_event) == 16 + 8 * (ORDER_KEY_WORDS + 1) + 52 + 16 + 12,
	       "no hole");

/* What is in ring buffer rare. */
union rare_event {
	struct hop_event drop;
	struct reorder_event reorder;
	struct tcp_event tcp;
};

#endif
