/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_CONTEXT_H
#define VETHTRACE_CONTEXT_H

/*
 * What a program runs on top of: which task, and a softirq or not.
 *
 * On x86 these are per-CPU variables. Programs may name one only if BTF and
 * kallsyms both list it, and a helper that returns one costs as much as the
 * rest of a program where returns are slow (mitigations). But user space finds
 * the offset of each per-CPU variable in its section, and the current task
 * leads to one of them, its CPU's run queue: from there to the others it is a
 * difference of offsets. cpu_number, reached the same way, has to be right
 * before anything is believed.
 */

#include "abi.h"
#include "compat.bpf.h"

/* Offsets in the section .data..percpu; all or none are known. */
const volatile bool has_percpu;
const volatile u32 percpu_runqueues;
const volatile u32 percpu_cpu_number;
const volatile u32 percpu_preempt_count;
const volatile u32 percpu_current_task;
const volatile u32 percpu_ksoftirqd;

#define PERCPU_UNUSABLE 1

/* Where this CPU's variables begin, or 0. */
static __always_inline u64 percpu_base(struct cpu_state *st, u32 cpu)
{
	struct task_struct *task;
	u32 number = ~0U;
	u64 rq, base;

	if (!has_percpu)
		return 0;
	base = st->percpu_base;
	if (base)
		return base == PERCPU_UNUSABLE ? 0 : base;
	task = (void *)bpf_get_current_task();
	rq = (u64)BPF_CORE_READ(task, se.cfs_rq, rq);
	base = rq - (u64)percpu_runqueues;
	bpf_probe_read_kernel(&number, sizeof(number), (void *)(base + percpu_cpu_number));
	st->percpu_base = number == cpu ? base : PERCPU_UNUSABLE;
	return number == cpu ? base : 0;
}

static __always_inline u32 read_u32(u64 addr)
{
	u32 v = 0;

	if (has_rdonly_cast)
		return ((struct in_addr *)bpf_rdonly_cast((void *)addr,
							  bpf_core_type_id_kernel(struct in_addr)))
			->s_addr;
	bpf_probe_read_kernel(&v, sizeof(v), (void *)addr);
	return v;
}

static __always_inline u64 read_u64(u64 addr)
{
	u64 v = 0;

	if (has_rdonly_cast)
		return ((struct timespec64 *)bpf_rdonly_cast(
				(void *)addr, bpf_core_type_id_kernel(struct timespec64)))
			->tv_sec;
	bpf_probe_read_kernel(&v, sizeof(v), (void *)addr);
	return v;
}

/* Whether this CPU serves a softirq, as against a task with bottom halves off.
 * Unknown counts as no; user space warns then.
 */
static __always_inline bool in_serving_softirq(struct cpu_state *st, u32 cpu)
{
	u64 base = percpu_base(st, cpu);

	return base && read_u32(base + percpu_preempt_count) & SOFTIRQ_OFFSET;
}

static __always_inline u64 current_task(struct cpu_state *st, u32 cpu)
{
	u64 base = percpu_base(st, cpu);

	return base && has_rdonly_cast ? read_u64(base + percpu_current_task)
				       : bpf_get_current_task();
}

static __always_inline u32 current_pid(struct cpu_state *st, u32 cpu)
{
	u64 base = percpu_base(st, cpu);

	if (base && has_rdonly_cast)
		return ((struct task_struct *)bpf_rdonly_cast(
				(void *)read_u64(base + percpu_current_task),
				bpf_core_type_id_kernel(struct task_struct)))
			->pid;
	return bpf_get_current_pid_tgid();
}

/* Whether a kernel thread's name begins with name. */
static __always_inline bool task_is(u64 task, const char *name, int len)
{
	const struct task_struct *t = (void *)task;
	char comm[8] = {};

	if (!(BPF_CORE_READ(t, flags) & PF_KTHREAD))
		return false;
	bpf_core_read(comm, sizeof(comm), &t->comm);
	for (int i = 0; i < len; i++)
		if (comm[i] != name[i])
			return false;
	return true;
}

static __always_inline bool is_ksoftirqd(struct cpu_state *st, u32 cpu, u64 task)
{
	u64 base = percpu_base(st, cpu);

	return base ? read_u64(base + percpu_ksoftirqd) == task : task_is(task, "ksoftir", 7);
}

#endif
