/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_DEVICE_H
#define VETHTRACE_DEVICE_H

/* What a network device is called, and what kind it is of. */

#include "abi.h"
#include "compat.bpf.h"
#include "knobs.h"

/* Address of each kind's net_device_ops, learned from the first device of it, so
 * that afterwards a device is told by one comparison, of a field that
 * transmitting has just used. It stays right while the kind's module is loaded;
 * a reload at another address is learned again.
 */
u64 kind_ops[KINDS];

#define KIND_NONE (-1)

/* As rtnl_link_ops.kind, a number in memory order. */
#define KIND_NAME_VETH 0x0000000068746576ULL
#define KIND_NAME_MACVLAN 0x006e616c7663616dULL
#define KIND_NAME_IPVLAN 0x00006e616c767069ULL
#define KIND_NAME_NETKIT 0x000074696b74656eULL

/* A kind by the name of its driver; loopback has none. */
static __always_inline int named_kind(const struct net_device *dev)
{
	const struct rtnl_link_ops *link_ops = dev->rtnl_link_ops;
	u64 name = 0;

	if (!link_ops)
		return dev->flags & IFF_LOOPBACK ? KIND_LOOPBACK : KIND_NONE;
	if (bpf_probe_read_kernel_str(&name, sizeof(name), link_ops->kind) < 0)
		return KIND_NONE;
	switch (name) {
	case KIND_NAME_VETH:
		return KIND_VETH;
	case KIND_NAME_MACVLAN:
		return KIND_MACVLAN;
	case KIND_NAME_IPVLAN:
		return KIND_IPVLAN;
	case KIND_NAME_NETKIT:
		return KIND_NETKIT;
	}
	return KIND_NONE;
}

/* The kind of dev, if it is one of those in the mask wanted. */
static __always_inline int device_kind(const struct net_device *dev, u32 wanted)
{
	u64 ops = (u64)dev->netdev_ops;
	int kind;

	for (int k = 0; k < KINDS; k++)
		if (wanted & 1 << k && kind_ops[k] == ops)
			return k;
	kind = named_kind(dev);
	if (kind < 0 || kind >= KINDS || !(wanted & 1 << kind))
		return KIND_NONE;
	kind_ops[kind] = ops;
	return kind;
}

static __always_inline bool is_veth(const struct net_device *dev)
{
	return device_kind(dev, 1 << KIND_VETH) == KIND_VETH;
}

/* The same for a device that the verifier does not know the type of. */
static __always_inline bool is_veth_read(const struct net_device *dev)
{
	u64 name = 0;

	bpf_probe_read_kernel_str(&name, sizeof(name), BPF_CORE_READ(dev, rtnl_link_ops, kind));
	return name == KIND_NAME_VETH;
}

static __always_inline u64 device_key(const struct net_device *dev)
{
	return (u64)dev->nd_net.net->ns.inum << 32 | (u32)dev->ifindex;
}

/* The same for a device that the verifier does not know the type of. */
static __always_inline u64 device_key_read(const struct net_device *dev)
{
	return (u64)BPF_CORE_READ(dev, nd_net.net, ns.inum) << 32 |
	       (u32)BPF_CORE_READ(dev, ifindex);
}

/* Whether dev is the other end of the veth at address tx_dev. */
static __always_inline bool came_from(const struct net_device *dev, u64 tx_dev)
{
	return is_veth(dev) && (u64)veth_peer(dev) == tx_dev;
}

/* Whether skb has come to the other end of the veth at address tx_dev. Only the
 * address is compared: dev may be in use for something else by now.
 */
static __always_inline bool has_crossed(const struct sk_buff *skb, u64 tx_dev)
{
	return (u64)skb->dev == (u64)veth_peer((void *)tx_dev);
}

/* Whether a native XDP program is attached, by netlink or by a link. */
static __always_inline bool has_native_xdp(const struct net_device *dev)
{
	return dev->xdp_state[XDP_MODE_DRV].prog || dev->xdp_state[XDP_MODE_DRV].link;
}

/* The same of the other end of the veth at address tx_dev. */
static __always_inline bool peer_has_native_xdp(u64 tx_dev)
{
	struct net_device *peer = veth_peer((void *)tx_dev);

	return BPF_CORE_READ(peer, xdp_state[XDP_MODE_DRV].prog) ||
	       BPF_CORE_READ(peer, xdp_state[XDP_MODE_DRV].link);
}

#endif
