// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hop of a packet across a veth pair, from veth_xmit to its delivery by
 * the NET_RX softirq. docs/stages.md says what each stage is; kernel functions
 * are named where a hook stands for one. User space attaches one program for
 * each hook of its table (tracer/hooks.go), and loads no others.
 */

#include "deliver.h"
#include "drop.h"
#include "retransmit.h"
#include "segment.h"
#include "xmit.h"

/* dev_hard_start_xmit, just before veth_xmit. */
SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	int kind = device_kind(dev, kinds);

	return kind < 0 ? handle_other_xmit(skb) : handle_xmit(skb, dev, kind, true);
}

SEC("fentry/veth_xmit")
int BPF_PROG(xmit_fentry, const struct sk_buff *skb, const struct net_device *dev)
{
	return handle_xmit(skb, dev, KIND_VETH, true);
}

SEC("kprobe/veth_xmit")
int BPF_KPROBE(xmit_kprobe, const struct sk_buff *skb, const struct net_device *dev)
{
	return handle_xmit(skb, dev, KIND_VETH, false);
}

SEC("tp_btf/netif_rx")
int BPF_PROG(enqueue, const struct sk_buff *skb)
{
	return handle_netif_rx(skb);
}

SEC("fentry/enqueue_to_backlog")
int BPF_PROG(enqueue_fentry, const struct sk_buff *skb, int target)
{
	return handle_backlog(skb, target, pointer_argument(ctx, 2), ctx, true);
}

SEC("kprobe/enqueue_to_backlog")
int BPF_KPROBE(enqueue_kprobe, const struct sk_buff *skb, int target, unsigned int *qtail)
{
	return handle_backlog(skb, target, (u64)qtail, (void *)PT_REGS_SP(ctx), false);
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
	st->sending_skb = 0;
	st->softirq_task = task;
	st->softirq_ns = bpf_ktime_get_ns();
	return 0;
}

/*
 * A thread polls the backlog or a veth, with no softirq to mark the beginning.
 * Attached only where threads have delivered packets.
 */
static __always_inline int handle_poll(void)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);

	if (!st)
		return 0;
	st->sending_skb = 0;
	st->poll_task = current_task(st, cpu);
	st->poll_ns = bpf_ktime_get_ns();
	return 0;
}

SEC("fentry/process_backlog")
int BPF_PROG(backlog_poll_fentry)
{
	return handle_poll();
}

SEC("kprobe/process_backlog")
int BPF_KPROBE(backlog_poll_kprobe)
{
	return handle_poll();
}

SEC("fentry/veth_poll")
int BPF_PROG(veth_poll_fentry)
{
	return handle_poll();
}

SEC("kprobe/veth_poll")
int BPF_KPROBE(veth_poll_kprobe)
{
	return handle_poll();
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
	st->sending_skb = 0;
	start = s->start;
	if (!slot_release(s, addr))
		return 0;
	/* A packet in the backlog does not vanish unseen, one in veth's own ring
	 * may, at the hands of XDP, and its skb be used for another.
	 */
	if (!start.enqueue_ns && !came_from(skb->dev, start.tx_dev)) {
		count_missed(st, start.tx_dev, start.kind, cpu);
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
	st->sending_skb = 0;
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
			count_not_passed(st, cpu);
		start = s->start;
		if (!slot_release(s, addr))
			return 0;
	}
	if ((u64)veth_peer(skb->dev) != start.tx_dev) {
		if (s)
			count_missed(st, start.tx_dev, start.kind, cpu);
		else
			count_not_passed(st, cpu);
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
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);
	struct slot *s;
	u64 addr;

	if (!st)
		return 0;
	addr = address_of(st, SCRATCH_CONSUME, skb);
	s = slot_find(addr);
	if (!s || s->start.enqueue_ns)
		return 0;
	/* Freed somewhere else: its delivery was not seen. */
	if (!has_crossed(skb, s->start.tx_dev)) {
		struct hop_start start = s->start;

		if (slot_release(s, addr))
			count_missed(st, start.tx_dev, start.kind, cpu);
		return 0;
	}
	/* The one before was not passed on by the program. */
	if (st->copied_valid)
		count_not_passed(st, cpu);
	st->copied = s->start;
	st->copied_valid = slot_release(s, addr);
	return 0;
}

/* __napi_poll has run veth_poll: whatever it copied and did not pass on by now
 * will not be.
 */
SEC("tp_btf/napi_poll")
int BPF_PROG(polled)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct cpu_state *st = cpu_state(cpu);

	if (!st || !st->copied_valid)
		return 0;
	st->copied_valid = 0;
	count_not_passed(st, cpu);
	return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(drop, struct sk_buff *skb)
{
	return handle_drop(skb, has_drop_reason ? ctx[2] : 0);
}

SEC("tp_btf/tcp_retransmit_skb")
int BPF_PROG(retransmit, struct sock *sk, const struct sk_buff *skb)
{
	return handle_retransmit(sk, skb, has_retransmit_err ? (s32)ctx[2] : 0);
}

SEC("tp_btf/tcp_retransmit_synack")
int BPF_PROG(synack, const struct sock *sk, const struct request_sock *req)
{
	return handle_synack(sk, req);
}

/* tcp_rcv_established */
SEC("tp_btf/tcp_probe")
int BPF_PROG(segment, struct sock *sk, const struct sk_buff *skb)
{
	return handle_segment(sk, skb);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(state, struct sock *sk)
{
	return handle_state(sk);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
