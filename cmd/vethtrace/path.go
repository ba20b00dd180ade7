// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/report"
)

func newPath() *command {
	var flags pathFlags
	cmd := &command{
		Use:   "path DESTINATION | --watch",
		Short: "Where packets to a destination go, where they end, and why",
		Long: `path sends probes and follows exactly those packets through all devices and
network namespaces of this machine, there and back: bridges, veth pairs, routing,
NAT. It prints each device with time, CPU and addresses, and where it ended:
answered, or dropped, by which function of the kernel, for what reason.

The destination is an address, or a name that the system's resolver knows. TCP
probes open a connection and reset it; they send no data. With --watch it sends
nothing and follows packets of the traffic there is.

The exit status is 1 when not all probes were answered.`,
		Example: `  vethtrace path 10.9.0.2
  vethtrace path example.org --from web --proto tcp --port 443
  vethtrace path fd77:1::2 --proto udp --port 53 --stack
  vethtrace path --watch --addr 10.9.0.2 --proto tcp --count 5`,
		RunE: func(cmd *command, args []string) error {
			p, opts, err := flags.options(cmd.Context(), args)
			if err != nil {
				return err
			}
			return followPath(cmd.Context(), os.Stdout, p, opts, flags.json)
		},
	}
	flags.add(cmd.Flags())
	return cmd
}

// pathInterval is the time from one probe to the next.
const pathInterval = 200 * time.Millisecond

// followPath writes the report of what it followed. Probes that were not
// answered make it an exitStatus.
func followPath(ctx context.Context, w io.Writer, p report.Path, opts packets.Options, json bool) (err error) {
	if p.Result, err = packets.Run(ctx, opts); err != nil {
		return err
	}
	p.Causes = explain(p.Result.Journeys)
	if json {
		err = report.WritePathJSON(w, &p)
	} else {
		err = report.WritePath(w, &p, terminalWidth())
	}
	if err != nil || p.Watched {
		return err
	}
	for _, j := range p.Result.Journeys {
		if j.End.Outcome != packets.Answered {
			return exitStatus(exitFailure)
		}
	}
	return nil
}

// ownNetns is the namespace of this process.
func ownNetns() (tracer.Netns, error) { return tracer.FindNetns("/proc/thread-self/ns/net") }
