// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The order logic alone, for tests: it takes in packets that are made up, one
 * each time BPF_PROG_TEST_RUN runs it.
 */

#include "order.h"

struct order_case {
	/* As a cell has it, with the word of the CPUs. */
	u64 key[KEY_WORDS];
	struct order_mark mark;
	/* Filled in: the entry's index + 1, and what was found. */
	struct overtaking by;
	u32 entry;
	u32 overtaken;
};

/* Key: 0. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, u32);
	__type(value, struct order_case);
	__uint(max_entries, 1);
} order_case SEC(".maps");

SEC("socket")
int take(void *ctx)
{
	u32 zero = 0, at;
	struct order_case *c = bpf_map_lookup_elem(&order_case, &zero);
	struct cpu_state *st = cpu_state(zero);
	struct order *o;

	if (!c || !st)
		return 0;
	c->entry = order_find(c->key);
	at = c->entry - 1;
	o = bpf_map_lookup_elem(&orders, &at);
	if (!o)
		return 0;
	if (!order_lock(o)) {
		order_leave(o, &c->mark);
		return 2;
	}
	st->mark = c->mark;
	c->overtaken = order_take(o, at, zero, st);
	c->by = st->overtaking;
	order_unlock(o);
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
