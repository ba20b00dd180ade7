/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_KERNEL_H
#define VETHTRACE_KERNEL_H

/* These stand in for vmlinux.h; bpf_tracing.h then uses the kernel's names of
 * registers.
 */
#define __VMLINUX_H__

/*
 * The few kernel types the programs read, each with only the fields they read.
 * CO-RE finds where those fields really are in the running kernel.
 */

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef __u16 __sum16;

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef _Bool bool;

#define true 1
#define false 0

/* include/uapi/linux/bpf.h */
enum bpf_map_type_used {
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_RINGBUF = 27,
};
#define BPF_F_MMAPABLE (1U << 10)

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

/* What a kprobe gets: arch/x86/include/asm/ptrace.h, in the order of the stack,
 * and arch/arm64/include/uapi/asm/ptrace.h.
 */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

struct user_pt_regs {
	__u64 regs[31];
	__u64 sp, pc, pstate;
};

/* include/linux/interrupt.h; not in BTF of every kernel, and stable. */
#define NET_RX_SOFTIRQ 3

/* include/linux/sched.h */
#define PF_KTHREAD 0x00200000

/* include/linux/preempt.h: this bit of the count is set while a softirq is
 * served; local_bh_disable() adds twice as much.
 */
#define SOFTIRQ_OFFSET 0x100

/* The caller's frame is nearer than this, and whatever else is mapped farther,
 * since every stack ends in a guard page.
 */
#define CALLER_FRAME_MAX 4096

/* include/uapi/linux/if_link.h; index into net_device.xdp_state. */
#define XDP_MODE_DRV 1

/* include/net/tcp_states.h */
#define TCP_NEW_SYN_RECV 12

/* include/linux/socket.h */
#define AF_INET 2
#define AF_INET6 10

/* include/uapi/linux/if.h */
#define IFF_LOOPBACK 0x8

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct rtnl_link_ops {
	const char *kind;
};

struct bpf_prog;

struct bpf_xdp_link;

struct bpf_xdp_entity {
	struct bpf_prog *prog;
	struct bpf_xdp_link *link;
};

struct net_device_ops;

struct rps_map {
	unsigned int len;
	u16 cpus[];
};

struct rps_dev_flow_table;

struct netdev_rx_queue {
	struct rps_map *rps_map;
	struct rps_dev_flow_table *rps_flow_table;
};

struct net_device {
	char name[16];
	unsigned int flags;
	struct netdev_rx_queue *_rx;
	unsigned int real_num_rx_queues;
	const struct net_device_ops *netdev_ops;
	int ifindex;
	possible_net_t nd_net;
	const struct rtnl_link_ops *rtnl_link_ops;
	struct bpf_xdp_entity xdp_state[3];
};

struct sk_buff {
	struct net_device *dev;
	unsigned int len;
	unsigned int data_len;
	__be16 protocol;
	__u16 queue_mapping;
	__u32 hash;
	__u8 l4_hash : 1;
	__u8 sw_hash : 1;
	__u16 network_header;
	unsigned int end;
	unsigned char *head;
	unsigned char *data;
	unsigned long _nfct;
	char cb[48];
};

struct skb_shared_info {
	unsigned short gso_segs;
};

struct sk_buff_head {
	__u32 qlen;
};

/* count has 64 bits up to 6.12 and some more, 32 since. */
struct sd_flow_limit {
	unsigned int count;
};

struct softnet_data {
	struct sd_flow_limit *flow_limit;
	struct sk_buff_head input_pkt_queue;
};

/* Since 5.17; the number is not the same in any two versions. */
enum skb_drop_reason {
	SKB_DROP_REASON_CPU_BACKLOG = 1,
	SKB_DROP_REASON_XDP = 2,
};

struct rq;

struct cfs_rq {
	struct rq *rq;
};

struct sched_entity {
	struct cfs_rq *cfs_rq;
};

struct task_struct {
	unsigned int flags;
	int pid;
	struct sched_entity se;
	char comm[16];
};

/* Any structure that begins with a 64-bit number does as a view of one. */
struct timespec64 {
	long tv_sec;
};

struct veth_priv {
	struct net_device *peer;
};

struct dst_entry {
	struct net_device *dev;
};

struct in6_addr___kernel {
	union {
		__be32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	volatile unsigned char skc_state;
	possible_net_t skc_net;
	struct in6_addr___kernel skc_v6_daddr;
	struct in6_addr___kernel skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	struct dst_entry *sk_dst_cache;
};

struct request_sock {
	struct sock_common __req_common;
};

struct tcp_request_sock {
	u32 snt_isn;
};

struct inet_sock {
	struct sock sk;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
	__u8 icsk_ca_state : 5;
	__u8 icsk_retransmits;
	__u8 icsk_pending;
	__u8 icsk_backoff;
};

struct tcp_options_received {
	u16 sack_ok : 3;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 rcv_nxt;
	u32 snd_una;
	u32 snd_cwnd;
	u32 snd_ssthresh;
	u32 srtt_us;
	u32 sacked_out;
	u32 total_retrans;
	u32 undo_marker;
	u32 reord_seen;
	u32 dsack_dups;
	u32 rcv_ooopack;
	struct tcp_options_received rx_opt;
};

union nf_inet_addr {
	__u32 all[4];
};

struct nf_conntrack_man {
	union nf_inet_addr u3;
	union {
		__be16 all;
	} u;
	u16 l3num;
};

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union nf_inet_addr u3;
		union {
			__be16 all;
		} u;
		u8 protonum;
	} dst;
};

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
};

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
};

#pragma clang attribute pop

/* What TCP keeps in sk_buff.cb begins so in every version: 5.10 to 7.3. */
struct tcp_skb_cb {
	__u32 seq;
	__u32 end_seq;
	__u16 gso_segs;
	__u16 gso_size;
};

/* Headers as they are on the wire: the same in every kernel, so no CO-RE. */

struct vlan_hdr {
	__be16 tci;
	__be16 protocol;
};

struct iphdr {
	__u8 version_ihl;
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
};

/* Any structure that is one 32-bit word does as a view of one. */
struct in_addr {
	__be32 s_addr;
};

struct in6_addr {
	__be32 s6_addr32[4];
};

struct ipv6hdr {
	__be32 ver_class_flow;
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6_addr saddr;
	struct in6_addr daddr;
};

struct ipv6_opt_hdr {
	__u8 nexthdr;
	__u8 hdrlen;
	__be16 frag_off;
};

/* The first 8 bytes, also of UDP and ICMP. Named as what kernels have in BTF. */
struct tcphdr {
	union {
		struct {
			__be16 source;
			__be16 dest;
		};
		struct {
			__u8 icmp_type;
			__u8 icmp_code;
			__sum16 icmp_check;
		};
	};
	union {
		__be32 tcp_seq;
		__be16 icmp_id;
	};
};

#endif
