// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
)

// settleTime bounds the wait for the verdicts on the last retransmits.
const settleTime = time.Second

// reorderStory is the experiment as asked for.
type reorderStory struct {
	name              string
	duration, migrate time.Duration
}

// reorderRun is one of the runs that are compared.
type reorderRun struct {
	// rps is the mask of both ends, as the kernel says it.
	rps  string
	lab  *lab.Lab
	sent lab.Result
	seen *tracer.Snapshot
}

func newLabRunReorder(name *string) *command {
	var story reorderStory
	var asJSON bool
	cmd := &command{
		Use:   "reorder",
		Short: "A sender that moves between CPUs makes TCP retransmit, and RPS cures it",
		Long: `reorder sends a TCP stream over a veth pair from a thread that is moved to
another CPU all the time: first without RPS, when packets are processed on the
CPU that they were sent from, then with RPS on all CPUs, which keeps those of a
flow on one. It prints what was overtaken, what arrived out of order, and what
was sent again and why, of both runs side by side, and undoes everything.`,
		Example: `  vethtrace lab run reorder
  vethtrace lab run reorder -d 10s --migrate 200us --json`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) error {
			if story.duration <= 0 {
				return usagef("duration %v is not positive", story.duration)
			}
			if story.migrate <= 0 || story.migrate >= story.duration {
				return usagef("--migrate %v is not between 0 and the duration, %v", story.migrate, story.duration)
			}
			story.name = fmt.Sprintf("reorder-%d", os.Getpid())
			if cmd.Flags().Changed("name") {
				story.name = *name
			}
			say := io.Writer(os.Stdout)
			if asJSON {
				say = io.Discard
			}
			runs, err := story.run(cmd.Context(), say)
			if err != nil {
				return err
			}
			if asJSON {
				return writeReorderJSON(os.Stdout, story, runs)
			}
			return writeReorder(os.Stdout, story, runs)
		},
	}
	cmd.Flags().DurationVarP(&story.duration, "duration", "d", 5*time.Second, "how `long` each run sends")
	cmd.Flags().DurationVar(&story.migrate, "migrate", 500*time.Microsecond, "move the sender to the next CPU each `time`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// run makes both runs and undoes everything. It says to w what it is doing.
func (s reorderStory) run(ctx context.Context, w io.Writer) (runs []reorderRun, err error) {
	if runtime.NumCPU() < 2 {
		return nil, errors.New("moving a sender between CPUs needs two, and this process may use only one: see nproc")
	}
	all, err := lab.AllCPUs()
	if err != nil {
		return nil, err
	}
	masks := []string{"0", all}
	for i, mask := range masks {
		run, err := s.measure(ctx, mask, func(l *lab.Lab) error {
			if i == 0 {
				if err := writeReorderPlan(w, s, masks); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintf(w, "run %d of %d: lab %s, rps_cpus=%s, %v ...\n", i+1, len(masks), l.Name, mask, s.duration)
			return err
		})
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, errors.New("interrupted before both runs were made; everything is undone")
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// measure makes one run in a new lab: in an old one TCP remembers how much its
// destination was reordered (ip tcp_metrics).
func (s reorderStory) measure(ctx context.Context, mask string, begin func(*lab.Lab) error) (run reorderRun, err error) {
	run.lab, err = lab.Up(lab.Options{Name: s.name, New: true})
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, lab.Down(s.name)) }()
	if err := begin(run.lab); err != nil {
		return run, err
	}
	for _, end := range run.lab.Ends { // the other one receives the ACKs
		setting := lab.Setting{Kind: lab.RPSKind, Netns: end.Netns, Device: end.Ifname, Value: mask}
		if _, err := lab.Apply(s.name, setting); err != nil {
			return run, err
		}
		rps, err := lab.RPS(end.Netns, end.Ifname)
		if err != nil {
			return run, err
		}
		run.rps = cmp.Or(strings.TrimLeft(rps, "0,"), "0")
	}
	var opts tracer.Options
	for _, end := range run.lab.Ends {
		opts.Filter.Devices = append(opts.Filter.Devices, tracer.DeviceID{Netns: uint32(end.NetnsInode), Ifindex: uint32(end.Ifindex)})
	}
	opts.Filter.Text = "lab " + s.name
	t, err := tracer.Start(opts)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if run.sent, err = sendStream(ctx, s.name, s.duration, s.migrate); err != nil {
		return run, err
	}
	run.seen, err = settled(ctx, t)
	return run, err
}

// settled is a snapshot in which every retransmit has its verdict, if that comes
// in time.
func settled(ctx context.Context, t *tracer.Tracer) (*tracer.Snapshot, error) {
	for deadline := time.Now().Add(settleTime); ; {
		s, err := t.Snapshot()
		if err != nil || s.Retransmits.Pending == 0 {
			return s, err
		}
		if time.Now().After(deadline) {
			t.Settle()
			return t.Snapshot()
		}
		select {
		case <-ctx.Done():
			return s, nil
		case <-time.After(settleTime / 10):
		}
	}
}
