/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_DEVICE_H
#define VETHTRACE_DEVICE_H

/* What a network device is called, and whether it is a veth. */

#include "abi.h"
#include "compat.bpf.h"

/* Address of veth's net_device_ops, learned from the first veth seen, so that
 * afterwards a device is told by one comparison, of a field that transmitting
 * has just used. It stays right while the veth module is loaded; a reload at
 * another address is learned again.
 */
u64 veth_netdev_ops;

static __always_inline bool is_veth(const struct net_device *dev)
{
	const struct rtnl_link_ops *link_ops;
	u64 kind = 0;

	if ((u64)dev->netdev_ops == veth_netdev_ops)
		return true;
	link_ops = dev->rtnl_link_ops;
	if (!link_ops)
		return false;
	/* "veth" and its NUL: five bytes. */
	if (bpf_probe_read_kernel(&kind, 5, link_ops->kind))
		return false;
	if (kind != 0x68746576)
		return false;
	veth_netdev_ops = (u64)dev->netdev_ops;
	return true;
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

/* Whether a native XDP program is attached, by netlink or by a link. */
static __always_inline bool has_native_xdp(const struct net_device *dev)
{
	return dev->xdp_state[XDP_MODE_DRV].prog || dev->xdp_state[XDP_MODE_DRV].link;
}

#endif
