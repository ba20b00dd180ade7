// SPDX-License-Identifier: Apache-2.0

package tracer

// hook is a place in the kernel where a program is attached. This table is
// the only place that knows them.
type hook struct {
	// program is the name in bpf/vethtrace.bpf.c.
	program string
	// tracepoint it is attached to, as BTF tracepoint (tp_btf, since 5.5).
	tracepoint string
	// function of the kernel that the tracepoint is in.
	function string
	// gives is what is known by it.
	gives string
	// onXDP hooks are attached only while a veth has a native XDP program.
	onXDP bool
}

// hooks in the order in which they are attached: the end of a hop before its
// beginning, so that no hop is seen begun whose end cannot be seen.
var hooks = []hook{
	{"softirq", "softirq_entry", "handle_softirqs", "queue and softirq stages, runner", false},
	{"receive", "netif_receive_skb", "__netif_receive_skb_core", "delivery on the backlog path", false},
	{"gro_receive", "napi_gro_receive_entry", "napi_gro_receive", "delivery on the NAPI path", false},
	{"consume", "consume_skb", "consume_skb", "packets that XDP copies", true},
	{"drop", "kfree_skb", "sk_skb_reason_drop", "packets dropped within the hop", false},
	{"rx", "netif_rx", "netif_rx_internal", "xmit stage, enqueue CPU", false},
	{"xmit", "net_dev_start_xmit", "dev_hard_start_xmit", "start of the hop", false},
}
