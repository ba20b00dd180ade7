/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_EVENTS_H
#define VETHTRACE_EVENTS_H

/* Events: one hop or one drop each, for those who ask. */

#include "device.h"
#include "knobs.h"
#include "state.h"

/* When full, the event is lost and counted in cpu_state.ringbuf_lost. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, struct hop_event);
	__uint(max_entries, 1 << 12);
} events SEC(".maps");

/* An event with what hops and drops have in common, or NULL. */
static __always_inline struct hop_event *
event_begin(struct cpu_state *st, u32 type, const struct hop *h, const struct hop_start *start)
{
	struct hop_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		st->ringbuf_lost++;
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
	e = event_begin(st, EVENT_HOP, h, start);
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

static __always_inline void emit_drop(const struct hop *h, const struct hop_start *start, u32 cause,
				      u32 reason, u32 cpu, struct cpu_state *st)
{
	struct hop_event *e = event_begin(st, EVENT_DROP, h, start);

	if (!e)
		return;
	e->stage_ns[STAGE_TOTAL] = h->now_ns - start->xmit_ns;
	e->run_cpu = cpu;
	e->cause = cause;
	e->reason = reason;
	bpf_ringbuf_submit(e, 0);
}

#endif
