// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vethtrace/vethtrace/lab"
)

func newLab() *command {
	cmd := &command{
		Use:   "lab",
		Short: "Make container networks to try things on, change settings, and undo it completely",
		Long: `lab makes network namespaces and connects them as containers are: by a veth
pair, by a bridge with NAT, macvlan, ipvlan and others. It changes RPS, sysctls,
GRO and queueing disciplines, there or anywhere. All is written to a journal
under /run/vethtrace before it is done, so that lab down undoes all of it, also
after a crash. lab run shows a cause and its cure on a lab of its own.`,
		Example: `  vethtrace lab up
  ip netns exec vethtrace-demo-a ping 10.77.1.2
  vethtrace lab rps eth0 all --netns b
  vethtrace lab down`,
		RunE: onlySubcommands,
	}
	name := cmd.PersistentFlags().String("name", lab.DefaultName, "`name` of the lab")
	cmd.AddCommand(newLabUp(name), newLabDown(name), newLabUndo(name), newLabShow(name), newLabList(),
		newLabRPS(name), newLabRFS(name), newLabSysctl(name), newLabGRO(name), newLabQdisc(name), newLabForward(name),
		newLabTraffic(name), newLabStream(name), newLabRun(name), newLabBench(name))
	return cmd
}

func newLabList() *command {
	return &command{
		Use:     "list",
		Short:   "List the labs, also half made ones",
		Example: "  vethtrace lab list",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			names, err := lab.List()
			if err != nil || len(names) == 0 {
				return err
			}
			_, err = fmt.Println(strings.Join(names, "\n"))
			return err
		},
	}
}

func newLabTraffic(name *string) *command {
	var duration time.Duration
	var untilEOF bool
	cmd := &command{
		Use:   "traffic",
		Short: "Send TCP, UDP and ping over the lab until Ctrl-C",
		Long: `traffic sends requests and responses and a 200 Mbit/s stream over TCP, UDP
packets and pings from end a of the lab to end b, and prints what it did.`,
		Example: "  vethtrace lab traffic -d 30s",
		Args:    noArgs,
		RunE: func(cmd *command, _ []string) error {
			if duration < 0 {
				return usagef("duration %v is negative", duration)
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			if duration > 0 {
				ctx, cancel = context.WithTimeout(ctx, duration)
				defer cancel()
			}
			if untilEOF {
				go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
			}
			results, err := lab.Mixed(ctx, *name)
			if err != nil {
				return err
			}
			return writeTraffic(os.Stdout, results)
		},
	}
	cmd.Flags().DurationVarP(&duration, "duration", "d", 0, "end after this `time`")
	cmd.Flags().BoolVar(&untilEOF, "until-eof", false, "end when standard input does")
	cobra.CheckErr(cmd.Flags().MarkHidden("until-eof"))
	cmd.AddCommand(newLabTrafficKinds(name)...)
	return cmd
}

func writeTraffic(w io.Writer, results []lab.Result) error {
	for _, r := range results {
		_, err := fmt.Fprintf(w, "%-18s %10d transactions %10d packets %12d bytes %6d retransmits in %v\n",
			r.Kind, r.Transactions, r.Packets, r.Bytes, r.Retransmits, r.Duration.Round(time.Millisecond))
		if err != nil {
			return err
		}
	}
	return nil
}
