// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"slices"
)

// hook is a place in the kernel where a program is attached. This table is
// the only place that knows them.
type hook struct {
	// name is what the hook is for, and the program in bpf/vethtrace.bpf.c
	// that is attached to its tracepoint.
	name string
	// tracepoint, attached to by BTF (tp_btf, since 5.5); empty if none does.
	tracepoint string
	// function to attach to instead where there is a choice: the programs
	// are the name with "_fentry" and "_kprobe". Empty if a tracepoint is as
	// good. It is module's, if that is not empty.
	function, module string
	// gives is what is known by it.
	gives string
	when  need
}

// need is when a hook is attached.
type need int

const (
	always need = iota
	// withXDP is once a veth has been met that has a native XDP program.
	withXDP
	// withThreads is once a thread has been seen to deliver packets.
	withThreads
	// withReorder is once a packet was overtaken, or TCP sent one again.
	withReorder
)

// String continues a sentence about the hook.
func (n need) String() string {
	return [...]string{"", ", once XDP is seen", ", once threads are seen", ", once a packet is overtaken or sent again"}[n]
}

// hooks in the order in which they are attached: the end of a hop before its
// beginning, so that no hop is seen begun whose end cannot be seen.
//
// The end is a tracepoint in every mode: __netif_receive_skb_core, which it is
// in, has another name (.constprop.0) in most kernels since 5.11, and
// napi_gro_receive is inlined since 6.16. What enqueue_to_backlog returns
// needs no hook: a packet it refuses is freed, and kfree_skb says so at no cost
// to the others.
var hooks = []hook{
	{"softirq", "softirq_entry", "", "", "queue and softirq stages, runner", always},
	{"receive", "netif_receive_skb", "", "", "delivery on the backlog path", always},
	{"gro_receive", "napi_gro_receive_entry", "", "", "delivery on the NAPI path", always},
	{"polled", "napi_poll", "", "", "packets that XDP does not pass on", withXDP},
	{"consume", "consume_skb", "", "", "packets that XDP copies", withXDP},
	{"drop", "kfree_skb", "", "", "packets dropped within the hop", always},
	{"backlog_poll", "", "process_backlog", "", "queue and softirq stages of backlog threads", withThreads},
	{"veth_poll", "", "veth_poll", "veth", "queue and softirq stages of NAPI threads", withThreads},
	{"segment", "tcp_probe", "", "", "TCP out of order, SACK, DSACK, undo", withReorder},
	{"state", "inet_sock_set_state", "", "", "the same while TCP closes a connection", withReorder},
	{"retransmit", "tcp_retransmit_skb", "", "", "TCP retransmits", always},
	{"synack", "tcp_retransmit_synack", "", "", "SYN-ACKs sent again", always},
	{"enqueue", "netif_rx", "enqueue_to_backlog", "", "xmit stage, target CPU, steering, queue length", always},
	{"xmit", "net_dev_start_xmit", "veth_xmit", "veth", "start of the hop", always},
}

// choice is a hook as it will be attached.
type choice struct {
	*hook
	// means is how: a mode, or empty when it cannot be.
	means Mode
	// missed says why it is not as the mode wants it.
	missed string
}

// program is the name of the program to attach.
func (c choice) program() string {
	if c.means == ModeTracepoint {
		return c.name
	}
	return c.name + "_" + string(c.means)
}

// place is what it is attached to, in words.
func (c choice) place() string {
	switch c.means {
	case "":
		return ""
	case ModeTracepoint:
		return "tracepoint " + c.tracepoint
	}
	return string(c.means) + " " + c.function
}

// chooser picks hooks by what the kernel allows.
type chooser struct {
	// attachable says whether a program can be attached to a hook's function.
	attachable func(means Mode, h *hook) error
	// explain puts an error of attachable into words.
	explain func(means Mode, h *hook, err error) string
	// tracepoint says whether there is one of this name.
	tracepoint func(name string) bool
	// banned are hooks whose function has failed to attach, and why.
	banned map[string]string
	// tried is what try found out, which takes some ms each.
	tried map[trial]error
}

// trial is one way to attach to one function.
type trial struct {
	means    Mode
	function string
}

// choose picks for each hook how to attach it.
func (c *chooser) choose(mode Mode, kinds []Kind) []choice {
	var all []choice
	for i := range hooks {
		h := &hooks[i]
		if mode == ModeTracepoint && h.tracepoint == "" {
			continue // nothing that this mode could want
		}
		all = append(all, c.chooseOne(h, mode, kinds))
	}
	return all
}

func (c *chooser) chooseOne(h *hook, mode Mode, kinds []Kind) choice {
	chosen := choice{hook: h}
	// veth_xmit begins the hops of no other kind of device.
	otherKinds := h.name == "xmit" && !slices.Equal(kinds, []Kind{KindVeth})
	if mode != ModeTracepoint && h.function != "" && !otherKinds {
		if chosen.missed = c.cannot(mode, h); chosen.missed == "" {
			chosen.means = mode
			return chosen
		}
	}
	switch {
	case h.tracepoint == "":
	case c.tracepoint(h.tracepoint):
		chosen.means = ModeTracepoint
	default:
		chosen.missed = fmt.Sprintf("this kernel has no tracepoint %s", h.tracepoint)
	}
	return chosen
}

// cannot says why a hook's function cannot be attached to, empty if it can.
func (c *chooser) cannot(means Mode, h *hook) string {
	if why, ok := c.banned[h.name]; ok {
		return why
	}
	if err := c.try(means, h); err != nil {
		return c.explain(means, h, err)
	}
	return ""
}

// try finds out, once, whether a hook's function can be attached to.
func (c *chooser) try(means Mode, h *hook) error {
	t := trial{means, h.function}
	err, ok := c.tried[t]
	if !ok {
		err = c.attachable(means, h)
		c.tried[t] = err
	}
	return err
}

// chooseMode picks the mode, if it is left open, and the hooks. A mode that is
// asked for and cannot attach to any function is an error, as is any hook that
// is not as the mode wants it if strict.
func (c *chooser) chooseMode(want Mode, kinds []Kind, strict bool) (Mode, []choice, error) {
	mode := want
	switch {
	case want == ModeAuto && c.banned[enqueueHook().name] == "" && c.try(ModeFentry, enqueueHook()) == nil:
		mode = ModeFentry
	case want == ModeAuto:
		mode = ModeTracepoint
	case want != ModeTracepoint && c.cannot(want, enqueueHook()) != "":
		return "", nil, fmt.Errorf("mode %s: %s; use --mode auto: %w", want, c.cannot(want, enqueueHook()), ErrNotSupported)
	}
	all := c.choose(mode, kinds)
	for _, h := range all {
		switch {
		case h.missed == "":
		case h.means == "" && h.when == always:
			return "", nil, fmt.Errorf("%s: %s: %w", h.name, h.missed, ErrNotSupported)
		case strict:
			return "", nil, fmt.Errorf("--strict: hook %s: %s: %w", h.name, h.missed, ErrNotSupported)
		}
	}
	return mode, all, nil
}

// enqueueHook is the one that modes are chosen by: it tells most that
// tracepoints do not, and its function is not in a module.
func enqueueHook() *hook {
	return &hooks[slices.IndexFunc(hooks, func(h hook) bool { return h.name == "enqueue" })]
}

// listed is what headers say of the hooks.
func listed(all []choice) []Hook {
	var out []Hook
	for _, h := range all {
		out = append(out, Hook{Name: h.name, Gives: h.gives, Attached: h.place(), Missed: h.missed})
	}
	return out
}

// attachError is a hook that could be loaded and not attached.
type attachError struct {
	choice choice
	err    error
}

func (e *attachError) Error() string {
	return fmt.Sprintf("attaching to %s: %v", e.choice.place(), e.err)
}

func (e *attachError) Unwrap() error { return e.err }

// retryable returns the hook to do without, when an attempt to start failed at
// one that has another way: its function could not be attached to, or the
// verifier refuses the program for it.
func retryable(err error, chosen []choice, strict bool) (name, why string, ok bool) {
	if strict {
		return "", "", false
	}
	var failed *attachError
	if errors.As(err, &failed) && failed.choice.means != ModeTracepoint {
		return failed.choice.name, failed.Error(), true
	}
	var refused *refusalError
	if errors.As(err, &refused) {
		for _, c := range chosen {
			if c.program() == refused.program && c.means != ModeTracepoint {
				return c.name, "the verifier refuses " + refused.Error(), true
			}
		}
	}
	return "", "", false
}
