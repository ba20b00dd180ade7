// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/spf13/pflag"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// pathFlags are what path takes.
type pathFlags struct {
	from       string
	proto      string
	port       uint16
	count      int
	size       int
	ttl        uint8
	ipv4, ipv6 bool
	stack      bool
	json       bool

	watch bool
	netns string
	addr  string
	set   *pflag.FlagSet
}

func (f *pathFlags) add(flags *pflag.FlagSet) {
	f.set = flags
	flags.StringVar(&f.from, "from", "", "send from this network `namespace`: a name, a path or a PID (default: the current one)")
	flags.StringVar(&f.proto, "proto", "icmp", "send icmp, tcp or udp; with --watch only this `protocol`")
	flags.Uint16Var(&f.port, "port", 0, "destination `port` of tcp and udp (udp: 33434); with --watch only from or to this one")
	flags.IntVarP(&f.count, "count", "n", 3, "how `many` probes, or packets with --watch")
	flags.IntVar(&f.size, "size", 56, "bytes of data in a probe of icmp or udp")
	flags.Uint8Var(&f.ttl, "ttl", 0, "time to live of the probes (default: the system's)")
	flags.BoolVarP(&f.ipv4, "ipv4", "4", false, "use an IPv4 address of a name")
	flags.BoolVarP(&f.ipv6, "ipv6", "6", false, "use an IPv6 address of a name")
	flags.BoolVar(&f.stack, "stack", false, "print the kernel's stack of each drop")
	flags.BoolVar(&f.json, "json", false, "print one JSON document")
	flags.BoolVar(&f.watch, "watch", false, "send nothing, follow packets of the traffic there is")
	flags.StringVar(&f.netns, "netns", "", "with --watch: only what is first seen in this network `namespace`")
	flags.StringVar(&f.addr, "addr", "", "with --watch: only from or to this `address` or prefix")
}

// mostProbes is how many packets can be followed at a time.
const mostProbes = 1000

// options turns the flags into what is followed and how it is reported. What
// cannot be meant is a usageError, what is not there an error.
func (f *pathFlags) options(ctx context.Context, args []string) (report.Path, packets.Options, error) {
	opts := packets.Options{Count: f.count, Interval: pathInterval, Size: f.size, TTL: int(f.ttl), Stack: f.stack}
	if err := f.check(args); err != nil {
		return report.Path{}, opts, err
	}
	if f.watch {
		return f.watchOptions(opts)
	}
	from, err := ownNetns()
	if f.from != "" {
		from, err = tracer.FindNetns(f.from)
	}
	if err != nil {
		return report.Path{}, opts, err
	}
	opts.From = from
	if opts.To, err = f.resolve(ctx, args[0]); err != nil {
		return report.Path{}, opts, err
	}
	opts.Proto, opts.Port = f.probe(opts.To)
	return report.Path{From: from, To: args[0], Addr: opts.To, Proto: opts.Proto, Port: opts.Port}, opts, nil
}

// check finds what cannot be meant.
func (f *pathFlags) check(args []string) error {
	for _, name := range []string{"from", "proto", "netns", "addr"} {
		if flag := f.set.Lookup(name); flag.Changed && flag.Value.String() == "" {
			return usagef("--%s is empty", name)
		}
	}
	only := []string{"netns", "addr"}
	switch {
	case f.watch && len(args) > 0:
		return usagef("--watch sends nothing to %q: choose traffic by --addr", args[0])
	case f.watch:
		only = []string{"from", "size", "ttl", "ipv4", "ipv6"}
	case len(args) != 1:
		return usagef("path takes one destination, or --watch: vethtrace path 10.9.0.2")
	}
	for _, name := range only {
		if f.set.Changed(name) && f.watch {
			return usagef("--%s is about probes, and --watch sends none", name)
		}
		if f.set.Changed(name) {
			return usagef("--%s chooses traffic to watch: add --watch", name)
		}
	}
	switch {
	case f.count < 1 || f.count > mostProbes:
		return usagef("--count is 1 to %d, not %d", mostProbes, f.count)
	case f.size < 0 || f.size > 65000:
		return usagef("--size is 0 to 65000, not %d", f.size)
	case f.ipv4 && f.ipv6:
		return usagef("--ipv4 and --ipv6 exclude each other")
	case f.watch:
		return nil
	case !slices.Contains([]string{"icmp", "tcp", "udp"}, f.proto):
		return usagef("unknown protocol %q: use icmp, tcp or udp", f.proto)
	case f.proto == "icmp" && f.port != 0:
		return usagef("protocol icmp has no ports: drop --port or --proto")
	case f.proto == "tcp" && f.port == 0:
		return usagef("tcp needs a --port")
	}
	return nil
}

// udpPort is where traceroute begins; mostly nobody listens there.
const udpPort = 33434

// probe is the protocol number and port to send to.
func (f *pathFlags) probe(to netip.Addr) (proto uint8, port uint16) {
	switch {
	case f.proto == "tcp":
		return 6, f.port
	case f.proto == "udp" && f.port == 0:
		return 17, udpPort
	case f.proto == "udp":
		return 17, f.port
	case to.Is4():
		return 1, 0
	}
	return 58, 0
}

// resolve finds the address of a destination.
func (f *pathFlags) resolve(ctx context.Context, to string) (netip.Addr, error) {
	family, network := "", "ip"
	switch {
	case f.ipv4:
		family, network = "IPv4 ", "ip4"
	case f.ipv6:
		family, network = "IPv6 ", "ip6"
	}
	if a, err := netip.ParseAddr(to); err == nil {
		a = a.Unmap()
		if f.ipv4 && !a.Is4() || f.ipv6 && !a.Is6() {
			return a, usagef("%s is no %saddress", to, family)
		}
		return a, nil
	}
	all, err := net.DefaultResolver.LookupNetIP(ctx, network, to)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("finding an %saddress of %q (names are looked up as in this namespace, not as in that of --from): %w", family, to, err)
	}
	return all[0].Unmap(), nil
}

// watchOptions chooses the traffic to watch.
func (f *pathFlags) watchOptions(opts packets.Options) (report.Path, packets.Options, error) {
	filter := traceFlags{set: pflag.NewFlagSet("watch", pflag.ContinueOnError)}
	filter.add(filter.set)
	filter.netns, filter.addr, filter.port = f.netns, f.addr, f.port
	if f.set.Changed("proto") {
		filter.proto = f.proto
	}
	chosen, err := filter.options()
	if err != nil {
		return report.Path{}, opts, err
	}
	opts.Watch = &chosen.Filter
	return report.Path{Watched: true, Filter: chosen.Filter.Text}, opts, nil
}
