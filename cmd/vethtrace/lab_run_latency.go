// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// The variants of the story, by the part they have in it.
const (
	latencyBefore  = "bridge"
	latencyUsual   = lab.VariantHost
	latencyCureOne = "ipvlan-l2" // where the kernel has it
	latencyCureTwo = "macvlan"
)

func newLabRunLatency(name *string) *command {
	b := bench{baseline: latencyUsual, noStream: true, plan: writeLatencyPlan}
	var asJSON bool
	cmd := &command{
		Use:   "latency",
		Short: "A container's packets make one softirq hop more than the host's; ipvlan and macvlan spare it",
		Long: `latency sends requests to the uplink of a lab's host and waits for responses:
from the host itself, from a container behind veth, bridge and NAT, as Docker
makes them, and from one with ipvlan or macvlan on the host's device. It traces
which softirq hops a packet makes on each way, prints how long transactions take
beside them, and undoes everything.`,
		Example: `  vethtrace lab run latency
  vethtrace lab run latency --rounds 9 -d 3s --json`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) error {
			err := b.check([]string{latencyUsual, latencyBefore, latencyCureOne, latencyCureTwo})
			if err != nil {
				return err
			}
			b.name = fmt.Sprintf("latency-%d", os.Getpid())
			if cmd.Flags().Changed("name") {
				b.name = *name
			}
			if b.cpu, err = lab.LastCPU(); err != nil {
				return err
			}
			b.say = os.Stdout
			if asJSON {
				b.say = io.Discard
			}
			return runLatency(cmd.Context(), &b, asJSON)
		},
	}
	cmd.Flags().IntVar(&b.rounds, "rounds", 5, "how `many` rounds")
	cmd.Flags().DurationVarP(&b.duration, "duration", "d", time.Second, "how `long` each way is measured in a round")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func runLatency(ctx context.Context, b *bench, asJSON bool) error {
	rows, err := b.run(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return writeLatencyJSON(os.Stdout, b, rows)
	}
	return writeLatency(os.Stdout, b, rows)
}

// latencyCures are the rows of what is to help and is there.
func latencyCures(rows []benchRow) (cures []*benchRow) {
	for _, name := range []string{latencyCureOne, latencyCureTwo} {
		if r := measuredRow(rows, name); r != nil {
			cures = append(cures, r)
		}
	}
	return cures
}
