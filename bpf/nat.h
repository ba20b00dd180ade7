/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_NAT_H
#define VETHTRACE_NAT_H

/* The addressing of a packet before NAT, from netfilter's connection tracking. */

#include "abi.h"
#include "compat.bpf.h"
#include "packet.h"

/* include/linux/skbuff.h and include/uapi/linux/netfilter/nf_conntrack_common.h:
 * the low bits of sk_buff._nfct are enum ip_conntrack_info.
 */
#define NFCT_INFOMASK 7UL
#define IP_CT_IS_REPLY 3
#define IP_CT_UNTRACKED 7

#define TUPLE_FLOW(f, ct, direction)                                                               \
	({                                                                                         \
		(f)->family = BPF_CORE_READ(ct, tuplehash[direction].tuple.src.l3num) == AF_INET6  \
				      ? FAMILY_IPV6                                                \
				      : FAMILY_IPV4;                                               \
		(f)->proto = BPF_CORE_READ(ct, tuplehash[direction].tuple.dst.protonum);           \
		(f)->sport = bpf_ntohs(BPF_CORE_READ(ct, tuplehash[direction].tuple.src.u.all));   \
		(f)->dport = bpf_ntohs(BPF_CORE_READ(ct, tuplehash[direction].tuple.dst.u.all));   \
		bpf_core_read((f)->src, sizeof((f)->src),                                          \
			      &(ct)->tuplehash[direction].tuple.src.u3.all);                       \
		bpf_core_read((f)->dst, sizeof((f)->dst),                                          \
			      &(ct)->tuplehash[direction].tuple.dst.u3.all);                       \
	})

/* The tuple of the packet's direction is what it was before any NAT. Writes the
 * words of a key from the third on, or nothing.
 */
static __always_inline void flow_before_nat(u64 *words, u64 nfct)
{
	const struct nf_conn *ct = (void *)(nfct & ~NFCT_INFOMASK);
	u32 info = nfct & NFCT_INFOMASK;
	u64 key[KEY_WORDS] = {};
	struct flow f = {};

	if (!bpf_core_type_exists(struct nf_conn) || !ct || info == IP_CT_UNTRACKED)
		return;
	if (info < IP_CT_IS_REPLY)
		TUPLE_FLOW(&f, ct, 0);
	else
		TUPLE_FLOW(&f, ct, 1);
	if (f.proto != IPPROTO_TCP && f.proto != IPPROTO_UDP)
		return;
	flow_key(key, &f);
	for (int i = 2; i < KEY_WORDS; i++)
		words[i - 2] = key[i];
}

#endif
