/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_RETRANSMIT_H
#define VETHTRACE_RETRANSMIT_H

/* TCP sends a segment again. Rare, so nothing is spared here. */

#include "tcp.h"
#include "tcp_memory.h"

/* __tcp_retransmit_skb, after it has sent; err is 0 where failed attempts are
 * not told of.
 */
static __always_inline int handle_retransmit(struct sock *sk, const struct sk_buff *skb, s32 err)
{
	struct cpu_state *st = cpu_state(bpf_get_smp_processor_id());
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);
	struct tcp_skb_cb cb = {};
	struct tcp_memory *m;
	struct tcp_event *e;

	if (!st || !tp)
		return 0;
	st->reorder_seen = 1;
	bpf_probe_read_kernel(&cb, sizeof(cb), &skb->cb);
	m = tcp_memory(address_of(st, SCRATCH_RETRANSMIT, sk), true);
	if (m) {
		/* What is compared with by the next segment that arrives. */
		if (!m->watched)
			m->dsacks = tp->dsack_dups;
		m->undo_marker = tp->undo_marker;
		if (!m->sent_again || (s32)(cb.end_seq - m->sent_again_end) > 0)
			m->sent_again_end = cb.end_seq;
		m->sent_again = 1;
	}
	e = tcp_event_begin(st, EVENT_RETRANSMIT);
	if (!e)
		return 0;
	tcp_state(e, tp);
	sock_flow(e->flow, &sk->__sk_common, true);
	e->seq = cb.seq;
	e->end_seq = cb.end_seq;
	e->segs = cb.gso_segs;
	e->err = err;
	tcp_event_end(e);
	return 0;
}

/* tcp_rtx_synack: one segment, of a connection that has no socket yet. */
static __always_inline int handle_synack(const struct sock *sk, const struct request_sock *req)
{
	struct cpu_state *st = cpu_state(bpf_get_smp_processor_id());
	struct tcp_event *e;

	if (!st)
		return 0;
	st->reorder_seen = 1;
	e = tcp_event_begin(st, EVENT_SYNACK);
	if (!e)
		return 0;
	e->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	e->state = TCP_NEW_SYN_RECV;
	e->segs = 1;
	e->seq = BPF_CORE_READ((const struct tcp_request_sock *)req, snt_isn);
	e->end_seq = e->seq + 1;
	sock_flow(e->flow, &req->__req_common, true);
	tcp_event_end(e);
	return 0;
}

#endif
