// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// bench is a comparison as asked for.
type bench struct {
	// name is what the names of its labs begin with.
	name     string
	variants []lab.Variant
	baseline string
	rounds   int
	duration time.Duration
	// cpu is where client and server of requests run, anyCPU for anywhere.
	cpu int
	// noStream leaves the streams out.
	noStream bool
	// wire leads to the server, nil if the labs make their own.
	wire *lab.Wire
	// plan says to say what will be done.
	plan func(io.Writer, *bench) error
	// say is told what is being done.
	say io.Writer
}

// benchRow is a variant and what was measured of it.
type benchRow struct {
	variant lab.Variant
	lab     *lab.Lab
	// absent is why there is nothing, empty if there is.
	absent string
	hops   benchHops
	// rr and streams have a result for each round.
	rr, streams []lab.Result
}

// warmUpTime bounds the wait for the first response.
const warmUpTime = 5 * time.Second

// errInterrupted says that Ctrl-C came; callers have undone everything by then.
var errInterrupted = errors.New("interrupted before all rounds were made; everything is undone")

// run makes all labs, all rounds, and undoes everything.
func (b *bench) run(ctx context.Context) (rows []benchRow, err error) {
	defer func() { err = errors.Join(err, b.down(rows)) }()
	for _, v := range b.variants {
		row := benchRow{variant: v}
		row.lab, err = v.Up(b.labName(v), b.wire)
		if errors.Is(err, errors.ErrUnsupported) && v.Name != b.baseline {
			row.absent, err = "this kernel has no such devices", nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
		if ctx.Err() != nil {
			return rows, errInterrupted
		}
		if err := b.leave(&row); err != nil {
			return rows, err
		}
	}
	if err := b.plan(b.say, b); err != nil {
		return rows, err
	}
	if err := b.traceAll(ctx, rows); err != nil {
		return rows, err
	}
	for round := range b.rounds {
		if _, err := fmt.Fprintf(b.say, "round %d of %d ...\n", round+1, b.rounds); err != nil {
			return rows, err
		}
		if err := b.round(ctx, rows, round); err != nil {
			return rows, err
		}
	}
	return rows, nil
}

func (b *bench) labName(v lab.Variant) string { return b.name + "-" + v.Name }

func (b *bench) traceAll(ctx context.Context, rows []benchRow) error {
	for i := range rows {
		row := &rows[i]
		if row.lab == nil {
			continue
		}
		if _, err := fmt.Fprintf(b.say, "tracing %s ...\n", row.variant.Name); err != nil {
			return err
		}
		if err := b.on(ctx, row, b.trace); err != nil {
			return fmt.Errorf("tracing %s: %w", row.variant.Name, err)
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
	}
	return nil
}

// round measures each variant once. Each round begins with another one, so that
// what the machine does besides in the course of a round is nobody's fate.
func (b *bench) round(ctx context.Context, rows []benchRow, round int) error {
	for i := range rows {
		row := &rows[(round+i)%len(rows)]
		if row.lab == nil {
			continue
		}
		if err := b.on(ctx, row, b.measure); err != nil {
			return fmt.Errorf("measuring %s: %w", row.variant.Name, err)
		}
		if ctx.Err() != nil {
			return errInterrupted
		}
	}
	return nil
}

// on does something with a variant's lab, warm. At a wire it is made for that and
// taken down after it: a device can have macvlans or ipvlans, not both.
func (b *bench) on(ctx context.Context, row *benchRow, do func(context.Context, *benchRow) error) (err error) {
	if b.wire != nil {
		if row.lab, err = row.variant.Up(row.lab.Name, b.wire); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.leave(row)) }()
	}
	if err := b.warmUp(ctx, row.lab); err != nil {
		return err
	}
	return do(ctx, row)
}

// leave takes a lab at a wire down, out of the way of the next one.
func (b *bench) leave(row *benchRow) error {
	if b.wire == nil || row.lab == nil {
		return nil
	}
	return lab.Down(row.lab.Name)
}

func (b *bench) measure(ctx context.Context, row *benchRow) error {
	rr, err := b.sendRequests(ctx, row.lab)
	if err != nil {
		return err
	}
	row.rr = append(row.rr, rr)
	if b.noStream || ctx.Err() != nil {
		return nil
	}
	stream, err := lab.Stream{Duration: b.duration, CPU: anyCPU}.Run(ctx, row.lab)
	row.streams = append(row.streams, stream)
	return err
}

// sendRequests fails if none was answered, unless ctx has ended.
func (b *bench) sendRequests(ctx context.Context, l *lab.Lab) (lab.Result, error) {
	rr, err := lab.RequestResponse{Duration: b.duration, CPU: b.cpu, PinServer: true}.Run(ctx, l)
	if err == nil && rr.Transactions == 0 && ctx.Err() == nil {
		err = fmt.Errorf("no response came in %v", b.duration)
	}
	return rr, err
}

// warmUp makes both sides find each other, which costs the first packet time.
func (b *bench) warmUp(ctx context.Context, l *lab.Lab) error {
	first := lab.RequestResponse{Count: 10, Duration: warmUpTime, CPU: b.cpu, PinServer: true}
	rr, err := first.Run(ctx, l)
	if err == nil && rr.Transactions == 0 && ctx.Err() == nil {
		err = fmt.Errorf("no response came in %v", warmUpTime)
	}
	return err
}

// down takes down every lab that may have been made.
func (b *bench) down(rows []benchRow) (err error) {
	for i := range rows {
		if rows[i].lab != nil {
			err = errors.Join(err, lab.Down(rows[i].lab.Name))
		}
	}
	return err
}

// perRound says how long a round takes, for people who wait.
func (b *bench) perRound() string {
	each := 2
	if b.noStream {
		each = 1
	}
	return report.FormatNS(uint64(time.Duration(each*len(b.variants)) * b.duration))
}

func (b *bench) perVariant() string {
	if b.noStream {
		return b.duration.String()
	}
	return b.duration.String() + " of each kind"
}
