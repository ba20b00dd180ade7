// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
	"github.com/vethtrace/vethtrace/tui"
)

func newTop() *command {
	var flags traceFlags
	var interval time.Duration
	cmd := &command{
		Use:   "top",
		Short: "Show live which veth, CPU or flow is slow",
		Long: `top shows the hops over all veth pairs of the machine, by receiving device, by
CPU and by flow: rate, latency of the hop and of its stages, share that crossed
CPUs, and everything that was not measured. Press ? in it for its keys.`,
		Example: `  vethtrace top
  vethtrace top --netns web1 --proto tcp
  vethtrace top --dev veth57703b6`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) error {
			opts, err := flags.options()
			if err != nil {
				return err
			}
			return top(cmd.Context(), opts, interval)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().DurationVarP(&interval, "interval", "i", time.Second, "`time` between two screens")
	return cmd
}

// minInterval keeps the screen from costing more than it shows.
const minInterval = 100 * time.Millisecond

func top(ctx context.Context, opts tracer.Options, interval time.Duration) error {
	if interval < minInterval {
		return usagef("interval %v is too short: the least is %v", interval, minInterval)
	}
	if !isTerminal(os.Stdout) || !isTerminal(os.Stdin) {
		return errors.New("top needs a terminal: use `vethtrace stat` for a table or `vethtrace stat --json`")
	}
	if os.Getenv("TERM") == "dumb" {
		return errors.New("top needs a terminal that can move the cursor, and TERM=dumb cannot: use `vethtrace stat`")
	}
	t, err := tracer.Start(opts)
	if err != nil {
		return err
	}
	err = tui.Run(ctx, source(t), tui.Options{Interval: interval, Marks: marksFor(t)})
	return errors.Join(err, t.Close())
}

// marksFor gives the TUI what vethtrace lab changes meanwhile.
func marksFor(t *tracer.Tracer) func() []tui.Mark {
	follow, run := lab.FollowMarks(), t.Run()
	return func() (marks []tui.Mark) {
		for _, m := range newMarks(follow) {
			marks = append(marks, tui.Mark{At: report.MarkTime(&run, &m), Text: m.String()})
		}
		return marks
	}
}

// source gives the TUI snapshots of a running trace.
func source(t *tracer.Tracer) tui.Source {
	return func() (*tracer.Snapshot, error) {
		s, err := t.Snapshot()
		if errors.Is(err, tracer.ErrClosed) {
			return nil, fmt.Errorf("%w: %w", tui.ErrFatal, err)
		}
		return s, err
	}
}

// isTerminal says whether a file is one.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
