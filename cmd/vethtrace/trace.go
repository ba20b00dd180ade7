// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// traceCmdFlags are what only trace takes.
type traceCmdFlags struct {
	json       bool
	eventNames string
	events     report.Events
	count      uint64
	duration   time.Duration
	every      uint32
	slowerThan time.Duration
}

func newTrace() *command {
	var flags traceFlags
	var own traceCmdFlags
	cmd := &command{
		Use:   "trace",
		Short: "Print every packet's hop, one line each",
		Long: `trace prints one line for each packet that crosses a veth pair: its stages,
CPUs, devices and flow; or why it was dropped on the way; and one more for each
that others of its flow overtook, and each segment that TCP sent again, with the
reason; and one for each setting that vethtrace lab changes meanwhile. With --json each line is an object, between a header and a footer
(docs/json.md). Ctrl-C ends it, with the footer.`,
		Example: `  vethtrace trace -n 20
  vethtrace trace --slower-than 50us --proto tcp
  vethtrace trace --events reorder,retransmit
  vethtrace trace --json --sample 100 -d 1m > hops.ndjson`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) error {
			if own.duration < 0 || own.slowerThan < 0 {
				return usagef("durations cannot be negative")
			}
			if own.every == 0 {
				return usagef("--sample is one hop in so many, at least 1")
			}
			if own.eventNames == "" {
				return usagef("--events is empty")
			}
			events, err := report.ParseEvents(own.eventNames)
			if err != nil {
				return usageError{err}
			}
			own.events = events
			for _, name := range []string{"sample", "slower-than"} {
				if cmd.Flags().Changed(name) && !events.Has(report.EventHop) {
					return usagef("--%s chooses hops, and --events leaves them out", name)
				}
			}
			opts, err := flags.options()
			if err != nil {
				return err
			}
			return trace(cmd.Context(), os.Stdout, opts, own)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().BoolVar(&own.json, "json", false, "print NDJSON: a header, an object for each event, a footer")
	cmd.Flags().StringVar(&own.eventNames, "events", "hop,drop,reorder,retransmit,mark", "the `kinds` of line to print, with commas")
	cmd.Flags().Uint64VarP(&own.count, "count", "n", 0, "end after so `many` hops, or lines if hops are not among the --events")
	cmd.Flags().DurationVarP(&own.duration, "duration", "d", 0, "end after this `time`")
	cmd.Flags().Uint32Var(&own.every, "sample", 1, "print one hop in `N` of each CPU")
	cmd.Flags().DurationVar(&own.slowerThan, "slower-than", 0, "print only hops whose total is at least this `time`")
	return cmd
}

// errEnough ends reading when the count is reached.
var errEnough = errors.New("enough events")

func trace(ctx context.Context, w io.Writer, opts tracer.Options, flags traceCmdFlags) (err error) {
	opts.Emit = &tracer.Emit{NoHops: !flags.events.Has(report.EventHop), Every: flags.every, SlowerThan: flags.slowerThan}
	t, err := tracer.Start(opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if flags.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, flags.duration)
		defer cancel()
	}
	follow := lab.FollowMarks()
	out := newFlushed(w)
	defer out.close()
	sampling := report.Sampling{Events: flags.events, Every: uint64(flags.every), SlowerThanNS: uint64(flags.slowerThan)}
	write, err := newEventWriter(out, t.Run(), sampling, flags.json)
	if err != nil {
		return err
	}
	emission := report.Emission{Sampling: sampling}
	handlers := traceHandlers(write, out, &emission, flags)
	if flags.events.Has(report.EventMark) {
		handlers.Tick = func() error { return writeMarks(write, follow, &emission) }
	}
	err = t.Events(ctx, handlers)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if handlers.Tick != nil {
		if err := handlers.Tick(); err != nil {
			return err
		}
	}
	s, err := t.Snapshot()
	if err != nil {
		return err
	}
	if err := writeFooter(out, s, emission, flags.json); err != nil {
		return err
	}
	return out.close()
}

// traceHandlers writes the events that are asked for, counts them, and returns
// errEnough when there are as many as flags want: of hops if they are among the
// events, else of any.
func traceHandlers(write eventWriter, out *flushed, e *report.Emission, flags traceCmdFlags) tracer.Handlers {
	hops := flags.events.Has(report.EventHop)
	written := func(n *uint64, err error) error {
		if err != nil {
			return err
		}
		*n++
		switch {
		case flags.count == 0:
		case hops && n == &e.Emitted && e.Emitted == flags.count, !hops && e.Written() == flags.count:
			return errEnough
		}
		return out.failed()
	}
	var all tracer.Handlers
	if hops {
		all.Hop = func(h *tracer.Hop) error { return written(&e.Emitted, write.Write(h)) }
	}
	if flags.events.Has(report.EventDrop) {
		all.Drop = func(d *tracer.Drop) error { return written(&e.Drops, write.WriteDrop(d)) }
	}
	if flags.events.Has(report.EventReorder) {
		all.Reorder = func(r *tracer.Reorder) error { return written(&e.Reorders, write.WriteReorder(r)) }
	}
	if flags.events.Has(report.EventRetransmit) {
		all.Retransmit = func(r *tracer.Retransmit) error { return written(&e.Retransmits, write.WriteRetransmit(r)) }
	}
	return all
}

// writeMarks writes what vethtrace lab changed since the last time.
func writeMarks(write eventWriter, follow *lab.Marks, e *report.Emission) error {
	for _, m := range newMarks(follow) {
		if err := write.WriteMark(&m); err != nil {
			return err
		}
		e.Marks++
	}
	return nil
}

// eventWriter writes a line for each event.
type eventWriter interface {
	Write(*tracer.Hop) error
	WriteDrop(*tracer.Drop) error
	WriteReorder(*tracer.Reorder) error
	WriteRetransmit(*tracer.Retransmit) error
	WriteMark(*report.Mark) error
}

// newEventWriter writes what comes before the events and returns what writes
// each.
func newEventWriter(w io.Writer, run tracer.Run, s report.Sampling, json bool) (eventWriter, error) {
	if json {
		if err := report.WriteHeader(w, run, s); err != nil {
			return nil, err
		}
		return report.NewHopWriter(w), nil
	}
	text := report.NewHopText(w, run)
	if err := text.WriteHeader(); err != nil {
		return nil, err
	}
	return text, nil
}

// writeFooter says what was seen and what was not.
func writeFooter(w io.Writer, s *tracer.Snapshot, e report.Emission, json bool) error {
	if json {
		return report.WriteFooter(w, s, e)
	}
	return report.WriteTextFooter(w, s, e)
}

// flushEvery bounds how old a line can get before it is seen.
const flushEvery = 100 * time.Millisecond

// flushed is a buffered writer that flushes itself.
type flushed struct {
	mu   sync.Mutex
	buf  *bufio.Writer
	err  error
	done chan struct{}
	once sync.Once
}

func newFlushed(w io.Writer) *flushed {
	f := &flushed{buf: bufio.NewWriterSize(w, 64<<10), done: make(chan struct{})}
	go func() {
		tick := time.NewTicker(flushEvery)
		defer tick.Stop()
		for {
			select {
			case <-f.done:
				return
			case <-tick.C:
				f.mu.Lock()
				f.err = f.buf.Flush() // the first error stays
				f.mu.Unlock()
			}
		}
	}()
	return f
}

func (f *flushed) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buf.Write(p)
}

// failed returns the error of an earlier flush.
func (f *flushed) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// close writes what is left. It may be called again.
func (f *flushed) close() error {
	f.once.Do(func() { close(f.done) })
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buf.Flush()
}
