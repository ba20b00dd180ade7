// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/vethtrace/vethtrace/tracer"
)

// traceFlags are what top, stat and trace share: which hops, by which hooks, and
// at what cost.
type traceFlags struct {
	mode   string
	strict bool
	kinds  string

	devices []string
	netns   string
	proto   string
	addr    string
	port    uint16
	ownCost bool
	set     *pflag.FlagSet
}

func (f *traceFlags) add(flags *pflag.FlagSet) {
	f.set = flags
	flags.StringVar(&f.mode, "mode", "auto", "the `kind` of hooks to use: auto, fentry, kprobe or tracepoint")
	flags.BoolVar(&f.strict, "strict", false, "fail when a hook cannot be attached as the mode wants it")
	flags.StringVar(&f.kinds, "kind", "veth", "the `kinds` of device to trace, with commas: veth, loopback, macvlan, ipvlan, netkit, or all")
	flags.StringSliceVar(&f.devices, "dev", nil, "only hops over this veth `device`, either end (NAME or NETNS/NAME; repeatable)")
	flags.StringVar(&f.netns, "netns", "", "only hops from or to this network `namespace`: a name as vethtrace ns shows it, a number, a path, a PID, a container, pod or unit")
	flags.StringVar(&f.proto, "proto", "", "only this `protocol`: tcp, udp, icmp or icmpv6")
	flags.StringVar(&f.addr, "addr", "", "only from or to this `address` or prefix")
	flags.Uint16Var(&f.port, "port", 0, "only from or to this TCP or UDP `port`")
	flags.BoolVar(&f.ownCost, "own-cost", false, "measure own BPF run time too (adds about 55 ns to every BPF program on the machine)")
}

// options turns the flags into what the tracer takes. What cannot be meant is
// a usageError, what is not there an error.
func (f *traceFlags) options() (tracer.Options, error) {
	opts := tracer.Options{OwnCost: f.ownCost, Strict: f.strict}
	for _, name := range []string{"mode", "kind", "netns", "proto", "addr"} {
		// An unset variable in a script is not to mean everything.
		if flag := f.set.Lookup(name); flag.Changed && flag.Value.String() == "" {
			return opts, usagef("--%s is empty", name)
		}
	}
	var err error
	if opts.Mode, err = tracer.ParseMode(f.mode); err != nil {
		return opts, usageError{err}
	}
	if opts.Kinds, err = tracer.ParseKinds(f.kinds); err != nil {
		return opts, usageError{err}
	}
	if f.proto != "" {
		proto, err := tracer.ParseProto(f.proto)
		if err != nil {
			return opts, usageError{err}
		}
		opts.Filter.Proto = proto
	}
	if f.addr != "" {
		prefix, err := parsePrefix(f.addr)
		if err != nil {
			return opts, err
		}
		opts.Filter.Prefix = prefix
	}
	opts.Filter.Port = f.port
	opts.Filter.Text = f.text()
	if err := opts.Filter.Validate(); err != nil {
		return opts, usageError{err}
	}
	if f.netns != "" {
		ns, err := tracer.FindNetns(f.netns)
		if err != nil {
			return opts, err
		}
		opts.Filter.Netns = ns.Inode
	}
	for _, name := range f.devices {
		found, err := tracer.FindDevices(name, opts.Filter.Netns)
		if err != nil {
			return opts, err
		}
		opts.Filter.Devices = append(opts.Filter.Devices, found...)
	}
	return opts, opts.Filter.Validate()
}

func parsePrefix(s string) (netip.Prefix, error) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return p, usagef("%q is not an address prefix such as 10.0.0.0/8", s)
		}
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, usagef("%q is not an IPv4 or IPv6 address", s)
	}
	return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()), nil
}

// text is the filter in words, empty for none.
func (f *traceFlags) text() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("dev", strings.Join(f.devices, ","))
	add("netns", f.netns)
	add("proto", f.proto)
	add("addr", f.addr)
	if f.port != 0 {
		add("port", strconv.Itoa(int(f.port)))
	}
	return strings.Join(parts, ", ")
}
