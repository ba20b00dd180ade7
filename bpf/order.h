/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_ORDER_H
#define VETHTRACE_ORDER_H

/*
 * The order of a flow's packets: at delivery a packet's enqueue time is
 * compared with the newest of those delivered before. An older one has been
 * overtaken. Nothing is done for that at enqueue, and no look-up more than the
 * flow's cell needs: the cell knows where.
 */

#include "cell.h"
#include "events.h"
#include "nat.h"

/* Key: hash of order.key. Made with a flow's first cell, freed by user space
 * after the last. When full, the order of a flow is not looked at, and
 * cpu_state.order_unknown says for how many hops. As many as flow_cells.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct order);
	__uint(max_entries, 1 << 11);
} orders SEC(".maps");

/* Whoever holds it needs some tens of nanoseconds, or is interrupted: then the
 * others do not wait.
 */
#define ORDER_LOCK_TRIES 64

/* A sender that moved so long before has nothing to do with it. */
#define MOVE_RECENT_NS (10 * 1000 * 1000)

/* A store that what was written before is seen with. */
static __always_inline void store_release(u64 *at, u64 value)
{
#ifdef __TARGET_ARCH_x86
	barrier();
	*(volatile u64 *)at = value; /* stores stay in order */
#else
	__sync_lock_test_and_set(at, value);
#endif
}

/* The index + 1 of the entry for the flow of a cell's key, or 0 when there is no
 * room, or another CPU may be making it now.
 */
static __always_inline u32 order_find(const u64 *key)
{
	/* As key_hash, without the word of the CPUs. */
	u32 first = (key[0] * 0x9E3779B97F4A7C15ULL + key[2] * 0xFF51AFD7ED558CCDULL +
		     key[3] * 0xC4CEB9FE1A85EC53ULL + key[5] * 0x4CF5AD432745937FULL +
		     key[4] * 0x87C37B91114253D5ULL + key[6] * 0xA0761D6478BD642FULL) >>
		    (64 - flow_bits);
	for (int i = 0; i < CELL_PROBES; i++) {
		u32 at = (first + i) & ((1U << flow_bits) - 1);
		struct order *o = bpf_map_lookup_elem(&orders, &at);
		u64 differ;

		if (!o)
			return 0;
		if (o->state == CELL_MAKING)
			return 0;
		if (o->state == CELL_LIVE) {
			differ = o->key[0] ^ key[0];
			for (int w = 1; w < ORDER_KEY_WORDS; w++)
				differ |= o->key[w] ^ key[w + 1];
			if (!differ)
				return at + 1;
		}
		if (o->state == CELL_FREE &&
		    __sync_val_compare_and_swap(&o->state, CELL_FREE, CELL_MAKING) == CELL_FREE) {
			o->key[0] = key[0];
			for (int w = 1; w < ORDER_KEY_WORDS; w++)
				o->key[w] = key[w + 1];
			store_release(&o->state, CELL_LIVE);
			return at + 1;
		}
	}
	return 0;
}

static __always_inline bool order_lock(struct order *o)
{
	for (int i = 0; i < ORDER_LOCK_TRIES; i++)
		if (!*(volatile u64 *)&o->lock && !__sync_val_compare_and_swap(&o->lock, 0, 1))
			return true;
	return false;
}

static __always_inline void order_unlock(struct order *o)
{
	store_release(&o->lock, 0);
}

/* Leaves a packet for whoever gets the lock next, without it. */
static __always_inline void order_leave(struct order *o, const struct order_mark *m)
{
	u64 state = *(volatile u64 *)&o->aside_state;

	if (state == ASIDE_WRITING)
		return;
	if (state == ASIDE_THERE && o->aside.enqueue_ns >= m->enqueue_ns)
		return;
	if (__sync_val_compare_and_swap(&o->aside_state, state, ASIDE_WRITING) != state)
		return;
	o->aside = *m;
	store_release(&o->aside_state, ASIDE_THERE);
}

static __always_inline struct order_mark *order_at(struct order *o, u64 n)
{
	return &o->ring[n & (ORDER_RING - 1)];
}

/* Notes where the flow's sender is. */
static __always_inline void order_sender(struct order *o, const struct order_mark *m)
{
	if (m->sender != SENDER_TASK)
		return;
	if (o->task == m->pid && o->task_cpu != m->enqueue_cpu) {
		o->moves++;
		o->move.ts_ns = m->enqueue_ns;
		o->move.pid = m->pid;
		o->move.from = o->task_cpu;
		o->move.to = m->enqueue_cpu;
	}
	o->task = m->pid;
	o->task_cpu = m->enqueue_cpu;
}

/* Whether the sender has just moved between the CPUs of the two. */
static __always_inline bool sender_moved(const struct order *o, const struct order_mark *late,
					 const struct order_mark *over)
{
	const struct order_move *m = &o->move;
	bool there = m->from == late->enqueue_cpu && m->to == over->enqueue_cpu;
	bool back = m->to == late->enqueue_cpu && m->from == over->enqueue_cpu;

	return m->ts_ns && (there || back) && m->ts_ns + MOVE_RECENT_NS > late->enqueue_ns;
}

/* Why two packets could overtake each other, from what is known of them. */
static __always_inline u32 order_cause(const struct order *o, const struct order_mark *late,
				       const struct order_mark *over)
{
	if (late->runner == RUNNER_THREADED || over->runner == RUNNER_THREADED)
		return CAUSE_THREADED;
	if (late->path != PATH_BACKLOG || over->path != PATH_BACKLOG)
		return late->path != over->path || late->queue != over->queue ? CAUSE_SEVERAL_QUEUES
									      : CAUSE_UNKNOWN;
	if (late->steering == STEERING_RFS || over->steering == STEERING_RFS)
		return CAUSE_RFS_CHANGED;
	/* For one flow RPS chooses one CPU. */
	if (late->run_cpu != over->run_cpu &&
	    (late->steering == STEERING_RPS || over->steering == STEERING_RPS))
		return CAUSE_RPS_CHANGED;
	if (late->steering == STEERING_UNKNOWN || over->steering == STEERING_UNKNOWN)
		return CAUSE_UNKNOWN;
	if (late->enqueue_cpu == over->enqueue_cpu)
		return CAUSE_UNKNOWN;
	if (late->sender == SENDER_TASK && over->sender == SENDER_TASK)
		return late->pid == over->pid ? CAUSE_SENDER_MOVED : CAUSE_SEVERAL_SENDERS;
	if (sender_moved(o, late, over))
		return CAUSE_SENDER_MOVED;
	return late->sender && over->sender ? CAUSE_SOFTIRQ_SENDER : CAUSE_UNKNOWN;
}

/* The first of the remembered packets that was enqueued after ns, when the
 * newest was: their times ascend.
 */
static __always_inline u64 order_first_after(struct order *o, u64 ns)
{
	u64 high = o->marks - 1;
	u64 low = o->marks > ORDER_RING ? o->marks - ORDER_RING : 0;

	for (int i = 0; i < ORDER_RING_BITS; i++) {
		u64 middle = (low + high) / 2;

		if (low >= high)
			break;
		if (order_at(o, middle)->enqueue_ns > ns)
			high = middle;
		else
			low = middle + 1;
	}
	return high;
}

static __always_inline void order_count(struct order *o, const struct order_mark *late,
					const struct order_mark *over, u64 displacement, u32 cause)
{
	u64 late_ns = late->deliver_ns > over->deliver_ns ? late->deliver_ns - over->deliver_ns : 0;
	u32 bucket = hist_index(late_ns);
	bool counted = false;

	o->reordered++;
	o->last_ns = late->deliver_ns;
	if (late_ns > o->max_late_ns)
		o->max_late_ns = late_ns;
	if (displacement > o->max_displacement)
		o->max_displacement = displacement;
	if (bucket < HIST_BUCKETS)
		o->late_buckets[bucket]++;
	if (cause < REORDER_CAUSES)
		o->causes[cause]++;
	for (int i = 0; i < ORDER_PAIRS && !counted; i++) {
		struct order_pair *p = &o->pairs[i];

		if (!p->hops) {
			p->late_cpu = late->run_cpu;
			p->over_cpu = over->run_cpu;
		}
		if (p->late_cpu == late->run_cpu && p->over_cpu == over->run_cpu) {
			p->hops++;
			counted = true;
		}
	}
	if (!counted)
		o->other_pairs++;
}

/* Adds a packet to those in order, if it is. */
static __always_inline bool order_add(struct order *o, const struct order_mark *m)
{
	if (o->marks && order_at(o, o->marks - 1)->enqueue_ns > m->enqueue_ns)
		return false;
	*order_at(o, o->marks) = *m;
	o->marks++;
	return true;
}

/* Functions of their own are what is seldom needed: the verifier looks at them
 * once, and not at each way that leads there.
 */

/* Takes in the packet that was left aside in the order of index at. Returns 0. */
__noinline int order_take_aside(u32 at)
{
	struct order *o = bpf_map_lookup_elem(&orders, &at);

	if (!o ||
	    __sync_val_compare_and_swap(&o->aside_state, ASIDE_THERE, ASIDE_WRITING) != ASIDE_THERE)
		return 0;
	order_add(o, &o->aside);
	store_release(&o->aside_state, ASIDE_NONE);
	return 0;
}

/* Finds out what has overtaken the packet of st->mark: st->overtaking. Returns 0. */
__noinline int order_overtaken(u32 cpu, u32 at)
{
	struct cpu_state *st = cpu_state(cpu);
	struct order *o = bpf_map_lookup_elem(&orders, &at);
	struct order_mark *over;
	struct overtaking *by;
	u64 first;

	if (!st || !o)
		return 0;
	by = &st->overtaking;
	first = order_first_after(o, st->mark.enqueue_ns);
	over = order_at(o, first);
	by->over = *over;
	by->move = o->move;
	by->displacement = o->marks - first;
	by->cause = order_cause(o, &st->mark, over);
	order_count(o, &st->mark, over, by->displacement, by->cause);
	return 0;
}

/* Takes in the packet of st->mark at its delivery. True if it was overtaken:
 * st->overtaking says by what.
 */
static __always_inline bool order_take(struct order *o, u32 at, u32 cpu, struct cpu_state *st)
{
	if (o->aside_state == ASIDE_THERE)
		order_take_aside(at);
	order_sender(o, &st->mark);
	if (order_add(o, &st->mark))
		return false;
	order_overtaken(cpu, at);
	return true;
}

/* Tells of the packet in st->hop, which was overtaken. Returns 0. */
__noinline int emit_reorder(u32 cpu)
{
	struct cpu_state *st = cpu_state(cpu);
	const struct net_device *rx_dev;
	struct reorder_event *e;
	struct overtaking *by;

	if (!st)
		return 0;
	e = bpf_ringbuf_reserve(&rare, sizeof(*e), 0);
	if (!e) {
		st->rare_lost++;
		return 0;
	}
	by = &st->overtaking;
	rx_dev = (void *)by->rx_dev;
	__builtin_memset(e, 0, sizeof(*e));
	e->type = EVENT_REORDER;
	e->ts_ns = st->mark.deliver_ns;
	e->len = st->hop.len;
	e->tx_device = device_key_read((void *)by->tx_dev);
	for (int i = 0; i < KEY_WORDS; i++)
		e->key[i] = st->hop.key[i];
	e->late = st->mark;
	e->over = by->over;
	e->move = by->move;
	e->late_end_seq = by->late_end_seq;
	e->displacement = by->displacement;
	e->at_least = by->displacement == ORDER_RING;
	e->cause = by->cause;
	e->kind = by->kind;
	flow_before_nat(e->before, by->nfct);
	if (e->before[0] == e->key[2] && e->before[1] == e->key[3] && e->before[2] == e->key[4] &&
	    e->before[3] == e->key[5] && e->before[4] == e->key[6])
		e->before[0] = 0;
	bpf_core_read(e->rx_ifname, sizeof(e->rx_ifname), &rx_dev->name);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/* Keeps what emit_reorder needs of a packet. */
static __always_inline void note_overtaken(struct overtaking *by, const struct sk_buff *skb,
					   const struct flow *f, const struct hop_start *start)
{
	u32 seq;

	by->tx_dev = start->tx_dev;
	by->rx_dev = (u64)skb->dev;
	by->nfct = start->nfct;
	by->kind = start->kind;
	by->late_end_seq = 0;
	tcp_range(skb, f, &seq, &by->late_end_seq);
}

static __always_inline void mark_of(struct order_mark *m, const struct hop *h,
				    const struct sk_buff *skb, const struct flow *f,
				    const struct hop_start *start)
{
	m->enqueue_ns = start->enqueue_ns ? start->enqueue_ns : start->xmit_ns;
	m->deliver_ns = h->now_ns;
	m->pid = start->pid;
	m->seq = f->seq;
	m->enqueue_cpu = h->enqueue_cpu;
	m->run_cpu = h->run_cpu;
	m->queue = skb->queue_mapping;
	m->steering = h->steering;
	m->runner = h->runner;
	m->path = h->path;
	m->sender = start->sender;
}

/* Finds out whether the packet in st->hop was overtaken. */
static __always_inline void check_order(struct cell *c, const struct sk_buff *skb,
					const struct flow *f, const struct hop_start *start,
					u32 cpu, struct cpu_state *st)
{
	struct order *o;
	bool overtaken;
	u32 at;

	if (c->order == ORDER_NONE)
		return;
	if (!c->order)
		c->order = order_find(st->hop.key);
	at = c->order - 1;
	o = bpf_map_lookup_elem(&orders, &at);
	mark_of(&st->mark, &st->hop, skb, f, start);
	if (!o) {
		st->order_unknown++;
		return;
	}
	if (!order_lock(o)) {
		st->order_unknown++;
		order_leave(o, &st->mark);
		return;
	}
	overtaken = order_take(o, at, cpu, st);
	order_unlock(o);
	if (!overtaken)
		return;
	c->reordered++;
	st->reorder_seen = 1;
	note_overtaken(&st->overtaking, skb, f, start);
	emit_reorder(cpu);
}

#endif
