// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// benchDefault are the variants that are compared if none are named.
var benchDefault = []string{lab.VariantLoopback, lab.VariantHost, "veth", "bridge", "macvlan", "ipvlan-l2"}

// remoteDefault are those at a wire.
var remoteDefault = []string{lab.VariantHost, "bridge", "macvlan", "ipvlan-l2"}

func newLabBench(name *string) *command {
	b := bench{plan: writeBenchPlan}
	var variants []string
	var wire wireFlags
	var asJSON bool
	cmd := &command{
		Use:   "bench",
		Short: "Compare TCP over loopback, host, veth, bridge and NAT, macvlan and ipvlan",
		Long: `bench makes a lab for each way from a client to a server, and measures a
request/response and a stream over all of them, one after another, in each of
several rounds, each of which begins with another one. Client and server of
requests run on one CPU, so that the way is compared and not where the scheduler
puts them; those of streams run anywhere. It prints medians and spreads, what
they are of the host's, and beside it how many softirq hops a packet made, how
long they took, and so what the difference comes from. The hops are traced in a
round of their own, which is not compared. Then it undoes everything.

With --remote the server is at the far end of a wire that is there: the host's
device is used, and bridge, veth, macvlan and ipvlan are put on it, one after
another; see docs/lab-bench.md for what is added to the host meanwhile.`,
		Example: `  vethtrace lab bench
  vethtrace lab bench --variants host,bridge,macvlan --rounds 9 -d 3s
  vethtrace lab bench --dev eth1 --remote peer --remote-dev eth0
  vethtrace lab bench --json`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) (err error) {
			if b.wire, err = wire.wire(cmd.Flags()); err != nil {
				return err
			}
			if b.wire != nil && !cmd.Flags().Changed("variants") {
				variants = remoteDefault
			}
			if err := b.check(variants); err != nil {
				return err
			}
			if err := findWire(b.wire); err != nil {
				return err
			}
			b.name = fmt.Sprintf("bench-%d", os.Getpid())
			if cmd.Flags().Changed("name") {
				b.name = *name
			}
			if !cmd.Flags().Changed("cpu") {
				if b.cpu, err = lab.LastCPU(); err != nil {
					return err
				}
			}
			b.say = os.Stdout
			if asJSON {
				b.say = io.Discard
			}
			rows, err := b.run(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeBenchJSON(os.Stdout, &b, rows)
			}
			return writeBench(os.Stdout, &b, rows)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&variants, "variants", benchDefault, "`which` to compare, with commas")
	flags.StringVar(&b.baseline, "baseline", lab.VariantHost, "`variant` that the others are compared with")
	flags.IntVar(&b.rounds, "rounds", 5, "how `many` rounds")
	flags.DurationVarP(&b.duration, "duration", "d", time.Second, "how `long` each variant sends each kind of traffic in a round")
	flags.IntVar(&b.cpu, "cpu", anyCPU, "`CPU` that client and server of requests run on, -1 for any (default the last)")
	flags.BoolVar(&asJSON, "json", false, "print one JSON document")
	wire.add(flags)
	return cmd
}

// check finds the variants, and says what cannot be meant.
func (b *bench) check(names []string) error {
	switch {
	case b.duration <= 0:
		return usagef("duration %v is not positive", b.duration)
	case b.rounds < 1 || b.rounds > 1000:
		return usagef("--rounds %d is not between 1 and 1000", b.rounds)
	case b.cpu < anyCPU:
		return usagef("--cpu %d is no CPU", b.cpu)
	case len(names) == 0:
		return usagef("--variants is empty")
	}
	for i, name := range names {
		v, err := lab.FindVariant(name)
		if err != nil {
			return usageError{err}
		}
		if slices.Contains(names[:i], name) {
			return usagef("variant %s is given twice", name)
		}
		if b.wire != nil && !v.HasHost() {
			return usagef("variant %s does not lead to a remote machine", name)
		}
		b.variants = append(b.variants, v)
	}
	if !slices.Contains(names, b.baseline) {
		return usagef("--baseline %s is not among the variants", b.baseline)
	}
	return nil
}
