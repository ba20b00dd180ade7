/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_EVENTS_H
#define VETHTRACE_EVENTS_H

/*
 * Events: one hop or one drop each, for those who ask; and those that are rare
 * and always sent, about order and TCP, by a way of their own.
 */

#include "device.h"
#include "knobs.h"
#include "packet.h"
#include "state.h"

/* When full, the event is lost and counted in cpu_state.ringbuf_lost. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, struct hop_event);
	__uint(max_entries, 1 << 12);
} events SEC(".maps");

/* Events of all other kinds. When full, they are counted in
 * cpu_state.rare_lost.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, union rare_event);
	__uint(max_entries, 4 << 20);
} rare SEC(".maps");

/* The sequence numbers of a TCP packet, from its headers. false when it is none,
 * or none with data.
 */
static __always_inline bool tcp_range(const struct sk_buff *skb, const struct flow *f, u32 *seq,
				      u32 *end_seq)
{
	u32 header, packet;
	u8 offset_flags[2];

	if (f->proto != IPPROTO_TCP || !f->transport)
		return false;
	if (bpf_probe_read_kernel(offset_flags, sizeof(offset_flags), (void *)(f->transport + 12)))
		return false;
	header = f->transport - (u64)skb->data + (offset_flags[0] >> 4) * 4;
	packet = skb->len;
	if (packet < header)
		return false;
	*seq = f->seq;
	/* SYN and FIN take one each. */
	*end_seq = f->seq + packet - header + (offset_flags[1] & 1) + (offset_flags[1] >> 1 & 1);
	return *end_seq != *seq;
}

/* An event with what hops and drops have in common, or NULL. */
static __always_inline struct hop_event *
event_begin(void *ring, u64 *lost, u32 type, const struct hop *h, const struct hop_start *start)
{
	struct hop_event *e = bpf_ringbuf_reserve(ring, sizeof(*e), 0);

	if (!e) {
		(*lost)++;
		return NULL;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = type;
	e->ts_ns = start->xmit_ns;
	e->tx_device = device_key_read((void *)start->tx_dev);
	for (int i = 0; i < KEY_WORDS; i++)
		e->key[i] = h->key[i];
	e->known = h->known;
	e->len = start->len;
	e->enqueue_cpu = start->cpu;
	e->queue_len = start->queue_len;
	e->target = start->target;
	e->kind = start->kind;
	return e;
}

static __always_inline void emit_hop(const struct hop *h, const struct hop_start *start,
				     const struct net_device *rx, struct cpu_state *st)
{
	struct hop_event *e;

	if (h->ns[STAGE_TOTAL] < emit_slower_ns)
		return;
	if (emit_every > 1 && st->sampled++ % emit_every)
		return;
	e = event_begin(&events, &st->ringbuf_lost, EVENT_HOP, h, start);
	if (!e)
		return;
	for (int i = 0; i < STAGES; i++)
		e->stage_ns[i] = h->ns[i];
	e->gso_segs = h->gso_segs;
	e->run_cpu = h->run_cpu;
	bpf_core_read(e->rx_ifname, sizeof(e->rx_ifname), &rx->name);
	e->steering = h->steering;
	e->path = h->path;
	e->runner = h->runner;
	bpf_ringbuf_submit(e, 0);
	st->emitted++;
}

/* Data that TCP will have to send again is told of in any case. */
static __always_inline void emit_drop(const struct hop *h, const struct hop_start *start,
				      struct cpu_state *st, u32 cpu, void *ring, u64 *lost)
{
	struct hop_event *e = event_begin(ring, lost, EVENT_DROP, h, start);

	if (!e)
		return;
	e->stage_ns[STAGE_TOTAL] = h->now_ns - start->xmit_ns;
	e->run_cpu = cpu;
	e->cause = st->drop_cause;
	e->reason = st->drop_reason;
	e->seq = st->drop_seq;
	e->end_seq = st->drop_end_seq;
	bpf_ringbuf_submit(e, 0);
}

#endif
