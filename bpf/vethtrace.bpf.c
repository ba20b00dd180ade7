// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hop of a packet across a veth pair, from veth_xmit to its delivery by
 * the NET_RX softirq. docs/stages.md says what each stage is; kernel functions
 * are named where a hook stands for one.
 */

#include "cell.h"
#include "context.h"
#include "filter.h"
#include "slot.h"

/* Key: CPU number. One writer an entry. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct cpu_state);
	__uint(max_entries, 1);
} cpus SEC(".maps");

/* When full, the event is lost and counted in cpu_state.ringbuf_lost. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__type(value, struct hop_event);
	__uint(max_entries, 1 << 12);
} events SEC(".maps");

static __always_inline struct cpu_state *cpu_state(u32 cpu)
{
	return bpf_map_lookup_elem(&cpus, &cpu);
}

enum scratch {
	SCRATCH_XMIT,
	SCRATCH_RX,
	SCRATCH_DELIVER,
	SCRATCH_GRO,
	SCRATCH_FREE,
	SCRATCH_CONSUME,
};

/*
 * The address of an skb as a number. The verifier forbids arithmetic on a
 * typed pointer ("pointer arithmetic prohibited"), but not to store it and
 * load what was stored.
 */
static __always_inline u64 address_of(struct cpu_state *cpu, enum scratch use, const void *p)
{
	*(volatile u64 *)&cpu->scratch[use] = (u64)p;
	return *(volatile u64 *)&cpu->scratch[use];
}

/* Where something is counted at the device that transmitted, on this CPU. */
static __always_inline struct cell *tx_cell(struct cpu_state *st, u64 tx_dev, u32 cpu)
{
	u64 key[DEVICE_KEY_WORDS] = { device_key_read((void *)tx_dev), cpu + 1 };
	struct cell *c;
	bool made;

	c = cell_find(&device_cells, device_bits, key, DEVICE_KEY_WORDS, &made);
	if (!c) {
		st->device_table_full++;
		return NULL;
	}
	if (made) {
		c->tx_dev = tx_dev;
		c->peer_device = device_key_read(veth_peer((void *)tx_dev));
		c->last_ns = 1; /* in use; there is no hop to date */
	}
	return c;
}

static __always_inline void count_missed(struct cpu_state *st, u64 tx_dev, u32 cpu)
{
	struct cell *c = tx_cell(st, tx_dev, cpu);

	if (c)
		c->tx_missed++;
}

static __always_inline void count_dropped(struct cpu_state *st, u64 tx_dev, u32 cpu)
{
	struct cell *c = tx_cell(st, tx_dev, cpu);

	if (c)
		c->tx_dropped++;
}

/* dev_hard_start_xmit, just before veth_xmit. */
static __always_inline int handle_xmit(const struct sk_buff *skb, const struct net_device *dev)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st;
	struct slot *s;
	u64 lost_dev, addr;

	if (!is_veth(dev))
		return 0;
	st = cpu_state(cpu);
	if (!st)
		return 0;
	/* Whatever becomes of the packet: with bottom halves off in a task, this
	 * task runs the softirq at local_bh_enable, unless ksoftirqd does.
	 */
	if (!in_serving_softirq(st, cpu))
		st->task_xmit = 1;

	if (!devices_wanted(dev) || !flow_wanted(skb))
		return 0;

	addr = address_of(st, SCRATCH_XMIT, skb);
	/* A requeued packet has the receiving device in it already. */
	s = slot_claim(addr, skb->dev != dev, &lost_dev);
	if (!s || lost_dev)
		count_missed(st, s ? lost_dev : (u64)dev, cpu);
	if (!s)
		return 0;
	s->start.enqueue_ns = 0;
	s->start.tx_dev = (u64)dev;
	s->start.len = skb->len;
	s->start.cpu = cpu;
	s->start.xmit_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	return handle_xmit(skb, dev);
}

/* netif_rx_internal, before the target CPU is chosen. */
SEC("tp_btf/netif_rx")
int BPF_PROG(rx, const struct sk_buff *skb)
{
	struct cpu_state *st = cpu_state(bpf_get_smp_processor_id());
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_RX, skb);
	s = slot_find(addr);
	if (!s)
		return 0;
	st->enqueued_skb = addr;
	s->start.enqueue_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/softirq_entry")
int BPF_PROG(softirq, unsigned int vec_nr)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st;
	u64 task;

	if (vec_nr != NET_RX_SOFTIRQ)
		return 0;
	st = cpu_state(cpu);
	if (!st)
		return 0;
	task = current_task(st, cpu);
	if (is_ksoftirqd(st, cpu, task))
		st->softirq_runner = RUNNER_KSOFTIRQD;
	else if (st->task_xmit)
		st->softirq_runner = RUNNER_INLINE;
	else
		st->softirq_runner = RUNNER_HARDIRQ;
	st->task_xmit = 0;
	st->enqueued_skb = 0;
	st->softirq_task = task;
	st->softirq_ns = bpf_ktime_get_ns();
	return 0;
}

/* Splits the time since xmit into stages. */
static __always_inline void hop_stages(struct hop *h, const struct hop_start *start,
				       struct cpu_state *st)
{
	u64 task = current_task(st, h->run_cpu);
	u64 queued_ns = start->enqueue_ns ? start->enqueue_ns : start->xmit_ns;
	u64 entered_ns = h->now_ns;

	h->known = 1 << STAGE_QUEUE | 1 << STAGE_TOTAL;
	if (start->enqueue_ns)
		h->known |= 1 << STAGE_XMIT;
	/* A NAPI thread may have had a softirq on top of it before. */
	if (task == st->softirq_task && (!has_percpu || in_serving_softirq(st, h->run_cpu))) {
		h->runner = st->softirq_runner;
		h->known |= 1 << STAGE_SOFTIRQ;
		/* A packet queued while the softirq ran did not wait for it. */
		entered_ns = st->softirq_ns > queued_ns ? st->softirq_ns : queued_ns;
	} else if (task_is(task, "napi/", 5) || task_is(task, "backlog", 7)) {
		h->runner = RUNNER_THREADED;
	} else {
		/* Polled by the task itself (busy poll). */
		h->runner = RUNNER_INLINE;
	}
	/* Clocks of two CPUs may differ by less than they take to be read. */
	if (entered_ns > h->now_ns || queued_ns > entered_ns) {
		st->clock_backwards++;
		entered_ns = queued_ns;
		h->now_ns = queued_ns;
	}
	h->ns[STAGE_XMIT] = queued_ns - start->xmit_ns;
	h->ns[STAGE_QUEUE] = entered_ns - queued_ns;
	h->ns[STAGE_SOFTIRQ] = h->now_ns - entered_ns;
	h->ns[STAGE_TOTAL] = h->now_ns - start->xmit_ns;
	for (int i = 0; i < STAGES; i++)
		h->bucket[i] = hist_index(h->ns[i]);
}

/* The cell of the hop's flow; else that of its device; else NULL. */
static __always_inline struct cell *hop_cell(struct hop *h, const struct sk_buff *skb,
					     struct cpu_state *st, bool *made)
{
	struct flow f = {};
	struct cell *c;

	if (flow_of(&f, skb, (u64)skb->data)) {
		h->known |= HOP_KNOWN_FLOW;
		flow_key(h->key, &f);
		c = cell_find(&flow_cells, flow_bits, h->key, KEY_WORDS, made);
		if (c)
			return c;
		st->flow_table_full++;
	}
	c = cell_find(&device_cells, device_bits, h->key, DEVICE_KEY_WORDS, made);
	if (!c)
		st->device_table_full++;
	return c;
}

static __always_inline void emit(const struct hop *h, const struct hop_start *start,
				 const struct net_device *rx, struct cpu_state *st)
{
	struct hop_event *e;

	if (h->ns[STAGE_TOTAL] < emit_slower_ns)
		return;
	if (emit_every > 1 && st->sampled++ % emit_every)
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		st->ringbuf_lost++;
		return;
	}
	e->ts_ns = start->xmit_ns;
	e->tx_device = device_key_read((void *)start->tx_dev);
	for (int i = 0; i < STAGES; i++)
		e->stage_ns[i] = h->ns[i];
	for (int i = 0; i < KEY_WORDS; i++)
		e->key[i] = h->key[i];
	e->len = h->len;
	e->gso_segs = h->gso_segs;
	e->enqueue_cpu = h->enqueue_cpu;
	e->run_cpu = h->run_cpu;
	bpf_core_read(e->rx_ifname, sizeof(e->rx_ifname), &rx->name);
	e->path = h->path;
	e->runner = h->runner;
	e->known = h->known;
	__builtin_memset(e->_pad, 0, sizeof(e->_pad));
	bpf_ringbuf_submit(e, 0);
	st->emitted++;
}

/* The end of a hop: counts it. now_ns was taken first of all. */
static __always_inline void deliver(const struct sk_buff *skb, const struct hop_start *start,
				    u32 path, u64 now_ns, u32 cpu, struct cpu_state *st)
{
	const struct net_device *dev = skb->dev;
	struct hop *h = &st->hop;
	struct cell *c;
	bool made;

	h->now_ns = now_ns;
	h->len = start->len;
	h->gso_segs = gso_segments(skb);
	h->enqueue_cpu = start->cpu;
	h->run_cpu = cpu;
	h->path = path;
	hop_stages(h, start, st);

	h->key[0] = device_key(dev);
	h->key[1] = (u64)(start->cpu + 1) << 32 | (cpu + 1);
	c = hop_cell(h, skb, st, &made);
	if (c) {
		if (made) {
			c->tx_dev = start->tx_dev;
			c->peer_device = device_key_read((void *)start->tx_dev);
			bpf_core_read(c->ifname, sizeof(c->ifname), &dev->name);
		}
		cell_count(c, h);
	}
	if (emit_hops)
		emit(h, start, dev, st);
}

/* __netif_receive_skb_core; the end of the backlog path. */
SEC("tp_btf/netif_receive_skb")
int BPF_PROG(receive, struct sk_buff *skb)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct hop_start start;
	struct slot *s;
	u64 addr, now_ns;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_DELIVER, skb);
	s = slot_find(addr);
	if (!s)
		return 0;
	now_ns = bpf_ktime_get_ns();
	st->enqueued_skb = 0;
	start = s->start;
	if (!slot_release(s, addr))
		return 0;
	/* A packet in the backlog does not vanish unseen, one in veth's own ring
	 * may, at the hands of XDP, and its skb be used for another.
	 */
	if (!start.enqueue_ns && !came_from(skb->dev, start.tx_dev)) {
		count_missed(st, start.tx_dev, cpu);
		return 0;
	}
	deliver(skb, &start, start.enqueue_ns ? PATH_BACKLOG : PATH_NAPI, now_ns, cpu, st);
	return 0;
}

/* napi_gro_receive in veth_poll: the end of the NAPI path. Later the skb may be
 * merged into another and never be seen again.
 */
SEC("tp_btf/napi_gro_receive_entry")
int BPF_PROG(gro_receive, const struct sk_buff *skb)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct hop_start start;
	struct slot *s;
	u64 addr, now_ns;
	bool copied, xdp;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_GRO, skb);
	s = slot_find(addr);
	if (!is_veth(skb->dev))
		return 0;
	copied = st->copied_valid;
	st->copied_valid = 0;
	xdp = has_native_xdp(skb->dev);
	if (xdp)
		st->xdp_seen = 1;
	if (!s && !copied)
		return 0;
	now_ns = bpf_ktime_get_ns();
	start = st->copied;
	if (s) {
		/* The copied one before it was not passed on by the program. */
		if (copied)
			count_dropped(st, start.tx_dev, cpu);
		start = s->start;
		if (!slot_release(s, addr))
			return 0;
	}
	if (!came_from(skb->dev, start.tx_dev)) {
		if (s)
			count_missed(st, start.tx_dev, cpu);
		else
			count_dropped(st, start.tx_dev, cpu);
		return 0;
	}
	deliver(skb, &start, xdp ? PATH_XDP : PATH_NAPI, now_ns, cpu, st);
	return 0;
}

/*
 * A native XDP program needs its packet in one writable piece, so veth copies
 * most skbs first and consumes the old one, on the polling CPU just before
 * napi_gro_receive of the new one. Attached only while a veth has such a
 * program.
 */
SEC("tp_btf/consume_skb")
int BPF_PROG(consume, struct sk_buff *skb)
{
	struct cpu_state *st = cpu_state(bpf_get_smp_processor_id());
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_CONSUME, skb);
	s = slot_find(addr);
	if (!s || s->start.enqueue_ns)
		return 0;
	/* The one before was not passed on by the program. */
	if (st->copied_valid)
		count_dropped(st, st->copied.tx_dev, bpf_get_smp_processor_id());
	st->copied = s->start;
	st->copied_valid = slot_release(s, addr);
	return 0;
}

/*
 * A packet is freed that has a slot. Before netif_rx and right after it, veth
 * or the backlog had no room for it. Later it was delivered already, and that
 * was not seen.
 */
SEC("tp_btf/kfree_skb")
int BPF_PROG(drop, struct sk_buff *skb)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct hop_start start;
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_FREE, skb);
	s = slot_find(addr);
	if (!s)
		return 0;
	start = s->start;
	if (!slot_release(s, addr))
		return 0;
	if (!start.enqueue_ns || st->enqueued_skb == addr)
		count_dropped(st, start.tx_dev, cpu);
	else
		count_missed(st, start.tx_dev, cpu);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
