/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef VETHTRACE_FILTER_H
#define VETHTRACE_FILTER_H

/*
 * Filters decide at xmit, so that a packet nobody asked for costs no slot and
 * no clock. Both ends of the pair are known there.
 */

#include "device.h"
#include "knobs.h"
#include "packet.h"

static __always_inline bool end_wanted(u64 key)
{
	if (filter.netns && key >> 32 != filter.netns)
		return false;
	if (!filter.devices)
		return true;
	for (u32 i = 0; i < FILTER_DEVICES; i++)
		if (i < filter.devices && filter.device[i] == key)
			return true;
	return false;
}

static __always_inline bool addr_wanted(const u32 *addr)
{
	u32 differ = 0;

	for (int i = 0; i < 4; i++)
		differ |= (addr[i] & filter.mask[i]) ^ filter.addr[i];
	return !differ;
}

/* The end that receives is known before only for a veth. */
static __always_inline bool devices_wanted(const struct net_device *dev, int kind, bool typed)
{
	struct net_device *peer;

	if (!filter.devices && !filter.netns)
		return true;
	if (end_wanted(typed ? device_key(dev) : device_key_read(dev)))
		return true;
	if (kind != KIND_VETH)
		return false;
	peer = veth_peer(dev);
	return peer && end_wanted(device_key_read(peer));
}

static __always_inline bool flow_wanted(const struct sk_buff *skb, bool typed)
{
	struct flow f = {};

	if (!filter.family && !filter.proto && !filter.port)
		return true;
	if (!flow_of(&f, skb, net_behind_mac(skb, typed), typed))
		return false;
	if (filter.proto && f.proto != filter.proto)
		return false;
	if (filter.port && f.sport != filter.port && f.dport != filter.port)
		return false;
	if (!filter.family)
		return true;
	return f.family == filter.family && (addr_wanted(f.src) || addr_wanted(f.dst));
}

#endif
