// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// anyCPU leaves the sender to the scheduler.
const anyCPU = -1

// trafficFlags are how to send.
type trafficFlags struct {
	duration, migrate      time.Duration
	connections, size, cpu int
	rate                   rate
	ipv6, asJSON           bool
	from, to               string
}

// newLabTrafficKinds returns a command for each kind.
func newLabTrafficKinds(name *string) (commands []*command) {
	for _, kind := range trafficKinds {
		commands = append(commands, kind.command(name))
	}
	return commands
}

func (k trafficKind) command(name *string) *command {
	f := k.flags
	cmd := &command{
		Use: k.name, Short: k.short, Example: k.example, Args: noArgs,
		Long: k.long + "\nBoth sides are threads of this process, in the namespaces of their ends.",
		RunE: func(cmd *command, _ []string) error {
			if err := k.check(f); err != nil {
				return err
			}
			l, err := lab.Show(*name)
			if err != nil {
				return err
			}
			if l, err = betweenEnds(l, f.from, f.to); err != nil {
				return usageError{err}
			}
			return k.run(cmd.Context(), f, l)
		},
	}
	flags := cmd.Flags()
	flags.DurationVarP(&f.duration, "duration", "d", 10*time.Second, "end after this `time`, 0 for only on Ctrl-C")
	flags.IntVar(&f.size, "size", f.size, k.sizeText)
	flags.Var(&f.rate, "rate", k.rateText)
	if !k.single {
		flags.IntVar(&f.connections, "connections", f.connections, "how `many` at once, each with threads of its own")
	}
	flags.IntVar(&f.cpu, "cpu", anyCPU, "send from this `CPU`, -1 for any")
	flags.DurationVar(&f.migrate, "migrate", 0, "move the sender to the next CPU each `time`")
	flags.BoolVarP(&f.ipv6, "ipv6", "6", false, "use IPv6")
	flags.StringVar(&f.from, "from", "", "`end` of the lab to send from: a, b, host, up (default a)")
	flags.StringVar(&f.to, "to", "", "`end` of the lab to send to, the same as --from for its loopback (default b, or up where there is one)")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON document")
	return cmd
}

func (k trafficKind) run(ctx context.Context, f trafficFlags, l *lab.Lab) error {
	if !f.asJSON {
		if _, err := fmt.Println(k.subject(f, l)); err != nil {
			return err
		}
	}
	start := time.Now()
	result, err := k.traffic(f).Run(ctx, l)
	if result.Bytes == 0 {
		if err == nil {
			err = fmt.Errorf("nothing came through from %s to %s in %v: vethtrace path shows where it stops",
				l.Ends[0].Netns, l.Ends[1].Netns, time.Since(start).Round(time.Millisecond))
		}
		return err
	}
	// What was measured until an error is printed, too.
	if f.asJSON {
		return errors.Join(writeTrafficJSON(os.Stdout, &k, f, l, result), err)
	}
	return errors.Join(writeTrafficTable(os.Stdout, &k, f, result), err)
}
