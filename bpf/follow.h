/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_FOLLOW_H
#define VETHTRACE_FOLLOW_H

/* What following single packets shares with user space (tracer/path). */

#include "abi.h"

/* include/uapi/linux/bpf.h */
enum follow_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_LRU_HASH = 9,
};
#define BPF_NOEXIST 1

/* Words 2 and on of a cell's key: a flow without devices and CPUs. */
#define FLOW_WORDS (KEY_WORDS - 2)
/* Equal to path.MaxStack. */
#define FOLLOW_STACK 24

/* In the order of path.Point. */
enum follow_point {
	FOLLOW_QUEUE,
	FOLLOW_XMIT,
	FOLLOW_RECEIVE,
	FOLLOW_DROP,
	FOLLOW_CONSUME,
};

enum follow_way {
	FOLLOW_OUT,
	FOLLOW_BACK,
};

/* Which packets are followed: those of a flow, of probes, that have one each;
 * with exact, of traffic that is watched, only the one with this mark in it.
 */
struct follow_key {
	u64 flow[FLOW_WORDS];
	u32 mark;
	u32 exact;
};

struct follow_id {
	u32 probe;
	/* enum follow_way */
	u32 way;
};

/* An skb that is followed, and where it was last. */
struct follow_skb {
	struct follow_id id;
	u64 device;
	u32 mark;
	u32 _pad;
	char ifname[16];
};

/* One packet at one point. */
struct follow_event {
	u64 ts_ns;
	u64 skb;
	/* Its low half is 0 when there is no device. */
	u64 device;
	/* Of a drop: where its route leads to, 0 if there is none; and where in
	 * the kernel, as a return address.
	 */
	u64 out_device;
	u64 location;
	u64 flow[FLOW_WORDS];
	/* Of an ICMP error: the packet it is about. */
	u64 about[FLOW_WORDS];
	u64 stack[FOLLOW_STACK];
	struct follow_id id;
	/* From the IP header on. */
	u32 len;
	u32 cpu;
	u32 reason;
	u32 mtu;
	/* Bytes of stack, or negative. */
	s32 stack_len;
	char ifname[16];
	char out_ifname[16];
	u8 point;
	u8 ttl;
	u8 tcp_flags;
	/* Of ICMP, and whether it is an error about a packet that is followed. */
	u8 icmp_type;
	u8 icmp_code;
	u8 error;
	/* PACKET_OTHERHOST is a copy that went to whom it is not for. */
	u8 pkt_type;
	u8 _pad[5];
};

_Static_assert(sizeof(struct follow_event) ==
		       8 * (5 + 2 * FLOW_WORDS + FOLLOW_STACK + 1) + 20 + 32 + 12,
	       "no hole");

/* What one CPU told and could not tell. */
struct follow_cpu {
	u64 told;
	u64 ringbuf_lost;
	u64 table_full;
	/* The next packet that is watched. */
	u64 watched;
};

#endif
