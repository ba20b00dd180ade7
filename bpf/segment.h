/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_SEGMENT_H
#define VETHTRACE_SEGMENT_H

/*
 * A segment arrives at an established TCP socket: tcp_rcv_established, before
 * it is looked at. Data that is out of order, or that was there before, are
 * the receiver's side; SACK and DSACK the sender's. Attached only once
 * something was overtaken or sent again, and of use only for sockets that this
 * happened to: all others cost some comparisons.
 */

#include "context.h"
#include "tcp.h"
#include "tcp_memory.h"

#define TCPOPT_EOL 0
#define TCPOPT_NOP 1
#define TCPOPT_SACK 5
#define TCP_HEADER_LEN 20
/* As Linux sends them in nearly each segment: NOP, NOP, timestamp. */
#define TCP_ALIGNED_TIMESTAMP 0x0101080a
#define TCP_ALIGNED_TIMESTAMP_LEN 12
#define TCP_CA_LOSS 4

/* The first two blocks of the SACK option. */
struct sack_blocks {
	u32 blocks;
	u32 start[2];
	u32 end[2];
};

static __always_inline u32 read_be32(u64 addr)
{
	return bpf_ntohl(read_u32(addr));
}

static __always_inline u8 read_u8(u64 addr)
{
	u8 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), (void *)addr);
	return v;
}

static __always_inline void read_sack(struct sack_blocks *s, u64 option, u32 len)
{
	s->blocks = (len - 2) / 8;
	s->start[0] = read_be32(option + 2);
	s->end[0] = read_be32(option + 6);
	if (s->blocks < 2)
		return;
	s->start[1] = read_be32(option + 10);
	s->end[1] = read_be32(option + 14);
}

/* Finds the SACK option behind the header at th. */
static __always_inline void find_sack(struct sack_blocks *s, u64 th)
{
	u64 at = th + TCP_HEADER_LEN;
	u64 end = th + (read_be32(th + 12) >> 28) * 4;

	s->blocks = 0;
	if (at + TCP_ALIGNED_TIMESTAMP_LEN <= end && read_be32(at) == TCP_ALIGNED_TIMESTAMP)
		at += TCP_ALIGNED_TIMESTAMP_LEN;
	for (int i = 0; i < 8 && at + 2 <= end; i++) {
		u8 kind = read_u8(at), len = 1;

		if (kind == TCPOPT_EOL)
			return;
		if (kind != TCPOPT_NOP)
			len = read_u8(at + 1);
		if (!len || at + len > end)
			return;
		if (kind == TCPOPT_SACK && len >= 10) {
			read_sack(s, at, len);
			return;
		}
		at += len;
	}
}

static __always_inline bool after(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

/* RFC 2883: the first block is below what is acknowledged, or within the second. */
static __always_inline bool is_dsack(const struct sack_blocks *s, u32 ack)
{
	if (!after(s->end[0], ack))
		return true;
	return s->blocks > 1 && !after(s->start[1], s->start[0]) && !after(s->end[0], s->end[1]);
}

/* What the acknowledgement says. */
static __always_inline void sender_segment(struct cpu_state *st, const struct tcp_sock *tp,
					   struct tcp_memory *m, u64 th)
{
	u32 ack = read_be32(th + 8);
	struct sack_blocks s;
	bool dsack = false;
	u32 ahead;

	/* Before anything else was seen of the socket: only how many, not which. */
	if (m->sent_again && !m->watched && tp->dsack_dups != m->dsacks)
		emit_segment(st, tp, EVENT_DSACK, 0, 0);
	if (m->undo_marker && !tp->undo_marker &&
	    BPF_CORE_READ_BITFIELD_PROBED(&tp->inet_conn, icsk_ca_state) != TCP_CA_LOSS)
		emit_segment(st, tp, EVENT_UNDO, m->undo_marker, m->undo_marker);
	m->undo_marker = tp->undo_marker;
	find_sack(&s, th);
	if (s.blocks) {
		dsack = is_dsack(&s, ack);
		if (dsack)
			emit_segment(st, tp, EVENT_DSACK, s.start[0], s.end[0]);
		ahead = dsack ? s.start[1] : s.start[0];
		if ((!dsack || s.blocks > 1) && after(ahead, ack) &&
		    (!m->has_missing || m->missing != ack)) {
			m->has_missing = 1;
			m->missing = ack;
			emit_segment(st, tp, EVENT_SACK, ack, ahead);
		}
	}
	if (m->sent_again && !after(m->sent_again_end, ack)) {
		m->sent_again = 0;
		emit_segment(st, tp, EVENT_ACKED, m->sent_again_end, ack);
	}
	m->dsacks = tp->dsack_dups;
	m->counting = dsack;
}

static __always_inline int handle_segment(struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp;
	bool behind, again, sender;
	struct tcp_memory *m;
	struct cpu_state *st;
	u32 rcv_nxt, seq, end_seq;
	u64 range;

	if (has_rdonly_cast)
		tp = bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
	else
		tp = bpf_skc_to_tcp_sock(sk);
	if (!tp)
		return 0;
	/* The first two fields of struct tcp_skb_cb. */
	range = read_u64((u64)&skb->cb);
	seq = range;
	end_seq = range >> 32;
	rcv_nxt = tp->rcv_nxt;
	behind = after(seq, rcv_nxt);
	again = end_seq != seq && !after(end_seq, rcv_nxt);
	sender = tp->total_retrans || tp->sacked_out;
	if (!behind && !again && !sender && !tp->rcv_ooopack)
		return 0;
	st = cpu_state(bpf_get_smp_processor_id());
	if (!st)
		return 0;
	m = tcp_memory(address_of(st, SCRATCH_SEGMENT, sk), true);
	if (!m)
		return 0;
	if (behind && (!m->has_hole || m->hole != rcv_nxt)) {
		m->has_hole = 1;
		m->hole = rcv_nxt;
		emit_segment(st, tp, EVENT_HOLE, rcv_nxt, seq);
	} else if (m->has_hole && m->hole != rcv_nxt) {
		m->has_hole = 0;
		emit_segment(st, tp, EVENT_FILLED, m->hole, rcv_nxt);
	}
	if (again)
		emit_segment(st, tp, EVENT_DUPLICATE, seq, end_seq);
	if (sender)
		sender_segment(st, tp, m, (u64)skb->data);
	m->watched = 1;
	return 0;
}

/* A socket changes its state. Segments that come after one end has closed are not
 * seen above: what they brought is looked at here, at the latest when all is
 * acknowledged.
 */
static __always_inline int handle_state(struct sock *sk)
{
	struct cpu_state *st = cpu_state(bpf_get_smp_processor_id());
	const struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct tcp_memory *m;

	if (!st || !tp)
		return 0;
	m = tcp_memory(address_of(st, SCRATCH_STATE, sk), false);
	if (!m || !m->watched)
		return 0;
	if (m->has_hole && m->hole != tp->rcv_nxt) {
		m->has_hole = 0;
		emit_segment(st, tp, EVENT_FILLED, m->hole, tp->rcv_nxt);
	}
	if (!m->sent_again)
		return 0;
	if (!m->counting && m->dsacks != tp->dsack_dups)
		emit_segment(st, tp, EVENT_DSACK, 0, 0);
	m->counting = 0;
	m->dsacks = tp->dsack_dups;
	if (!after(m->sent_again_end, tp->snd_una)) {
		m->sent_again = 0;
		emit_segment(st, tp, EVENT_ACKED, m->sent_again_end, tp->snd_una);
	}
	return 0;
}

#endif
