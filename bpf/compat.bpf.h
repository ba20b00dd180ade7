/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_COMPAT_BPF_H
#define VETHTRACE_COMPAT_BPF_H

/* Everything that differs between kernel versions is decided here. */

#include "kernel.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Set by user space from what it found in the kernel's BTF (features.go). */
const volatile bool has_rdonly_cast;

/*
 * bpf_rdonly_cast() makes kernel memory readable by plain loads, which fault
 * to zero, in place of a helper call for each read.
 * Added in: a35b9af4ec2c ("bpf: Add a kfunc for generic type cast"), 6.2.
 */
extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym __weak;

/* Whether tracepoint kfree_skb says why. Added in: c504e5c2f964 ("net: skb:
 * introduce kfree_skb_reason()"), 5.17.
 */
const volatile bool has_drop_reason;

/* Whether tracepoint tcp_retransmit_skb also tells of attempts that failed, and
 * why: its third argument, since 6.17.
 */
const volatile bool has_retransmit_err;

/* Whether an argument that is a pointer to a number can be read from the context
 * of fentry. The verifier of 5.10 refuses ("type INT is not a struct"), that
 * of 6.1 does not.
 */
const volatile bool has_int_pointers;

static __always_inline u64 pointer_argument(const u64 *ctx, const int n)
{
	u64 pointer = 0;

	/* In C the compiler would share one load with the other way, from an
	 * address that the verifier has lost ("dereference of modified ctx ptr").
	 */
	if (has_int_pointers) {
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(pointer) : "r"(ctx), "i"(n * 8));
		return pointer;
	}
	bpf_probe_read_kernel(&pointer, sizeof(pointer), &ctx[n]);
	return pointer;
}

/*
 * A field of what p points to. Programs whose arguments have types (BTF) read
 * memory directly; those of a kprobe get a number and need the helper.
 */
#define READ(typed, p, field) ((typed) ? (p)->field : BPF_CORE_READ(p, field))

/* netdev_rx_queue.rps_flow_table is a number, the pointer and the size of the
 * table in one, since 7.1 or so.
 */
typedef unsigned long rps_tag_ptr;

struct netdev_rx_queue___tag {
	rps_tag_ptr rps_flow_table;
} __attribute__((preserve_access_index));

/* net_device.priv. Added in: 6.11; before, it lies behind the structure. */
struct net_device___priv {
	u8 priv[0];
} __attribute__((preserve_access_index));

#define NETDEV_ALIGN 32

/* The memory at addr as a T to read from: addr itself behind rdonly_cast, or
 * a copy in *buf, or NULL when it cannot be read.
 */
#define kernel_view(T, addr, buf)                                                                  \
	({                                                                                         \
		const T *__p;                                                                      \
		if (has_rdonly_cast)                                                               \
			__p = bpf_rdonly_cast((void *)(addr), bpf_core_type_id_kernel(T));         \
		else if (!bpf_probe_read_kernel(buf, sizeof(T), (void *)(addr)))                   \
			__p = buf;                                                                 \
		else                                                                               \
			__p = NULL;                                                                \
		__p;                                                                               \
	})

static __always_inline u32 gso_segments(const struct sk_buff *skb)
{
	u64 shinfo = (u64)skb->head + skb->end;
	u16 segs = 0;

	if (has_rdonly_cast)
		segs = ((struct skb_shared_info *)bpf_rdonly_cast(
				(void *)shinfo, bpf_core_type_id_kernel(struct skb_shared_info)))
			       ->gso_segs;
	else
		bpf_core_read(&segs, sizeof(segs), &((struct skb_shared_info *)shinfo)->gso_segs);
	return segs ? segs : 1;
}

/* The other end of a veth pair, by the driver's private data, whose first
 * field it has been in every version; CO-RE says so where veth has BTF.
 */
static __always_inline struct net_device *veth_peer(const struct net_device *dev)
{
	u64 priv = (u64)dev;
	struct net_device *peer = NULL;

	if (bpf_core_field_exists(((struct net_device___priv *)0)->priv))
		priv += bpf_core_field_offset(struct net_device___priv, priv);
	else
		priv += (bpf_core_type_size(struct net_device) + NETDEV_ALIGN - 1) &
			~(NETDEV_ALIGN - 1);
	if (bpf_core_field_exists(((struct veth_priv *)0)->peer))
		priv += bpf_core_field_offset(struct veth_priv, peer);
	bpf_probe_read_kernel(&peer, sizeof(peer), (void *)priv);
	return peer;
}

#endif
