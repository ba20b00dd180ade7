// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// HopText writes hops for people, one line a hop. Times are wall-clock times
// in the location of Run.Started. It is not safe for concurrent use.
type HopText struct {
	w   io.Writer
	run tracer.Run
	buf []byte
}

// NewHopText returns a HopText that writes to w, one Write a line; w should be
// buffered.
func NewHopText(w io.Writer, run tracer.Run) *HopText {
	return &HopText{w: w, run: run, buf: make([]byte, 0, 512)}
}

const clockLayout = "15:04:05.000000000"

// hopColumns are the titles of the columns and the widths from which on a
// longer cell pushes the next one to the right.
var hopColumns = []struct {
	title string
	width int
}{
	{"TIME", len(clockLayout)}, {"RX <- TX", 28}, {"FLOW", 40}, {"CPU", 5}, {"RUNNER", 9},
	{"PATH", 7}, {"STAGES", 55}, {"LEN", 6}, {"SEGS", 0},
}

// WriteHeader writes the line with the names of the columns.
func (t *HopText) WriteHeader() error {
	b := t.buf[:0]
	for i, c := range hopColumns {
		start := len(b)
		b = append(b, c.title...)
		b = padTo(b, start, i)
	}
	return t.write(b)
}

// Write writes one hop. A stage that was not measured is "-", as is the flow of
// a packet that is neither IPv4 nor IPv6. The error is the writer's.
func (t *HopText) Write(h *tracer.Hop) error {
	b := t.buf[:0]
	for i := range hopColumns {
		start := len(b)
		b = t.appendCell(b, i, h)
		b = padTo(b, start, i)
	}
	return t.write(b)
}

func (t *HopText) appendCell(b []byte, column int, h *tracer.Hop) []byte {
	switch column {
	case 0:
		at := time.Unix(0, int64(h.TSNS)+t.run.WallOffsetNS)
		return at.In(t.run.Started.Location()).AppendFormat(b, clockLayout)
	case 1:
		b = append(b, FormatDevice(h.Rx)...)
		b = append(b, " <- "...)
		return append(b, FormatDevice(h.Tx)...)
	case 2:
		if !h.HasFlow {
			return append(b, '-')
		}
		return appendFlowText(b, &h.Flow)
	case 3:
		b = strconv.AppendInt(b, int64(h.EnqueueCPU), 10)
		b = append(b, "->"...)
		return strconv.AppendInt(b, int64(h.RunCPU), 10)
	case 4:
		return append(b, h.Runner.String()...)
	case 5:
		return append(b, h.Path.String()...)
	case 6:
		return appendStagesText(b, h)
	case 7:
		return append(strconv.AppendUint(b, uint64(h.LenBytes), 10), 'B')
	}
	return strconv.AppendUint(b, uint64(h.GSOSegs), 10)
}

func appendStagesText(b []byte, h *tracer.Hop) []byte {
	for s := range tracer.NumStages {
		if s > 0 {
			b = append(b, ' ')
		}
		b = append(append(b, s.String()...), ' ')
		start := len(b)
		if h.StageKnown[s] {
			b = appendNS(b, h.StagesNS[s])
		} else {
			b = append(b, '-')
		}
		if s < tracer.NumStages-1 {
			b = pad(b, start+6)
		}
	}
	return b
}

// padTo fills column i, whose cell begins at start, and separates it from the
// next.
func padTo(b []byte, start, i int) []byte {
	if i == len(hopColumns)-1 {
		return b
	}
	return append(pad(b, start+hopColumns[i].width), ' ', ' ')
}

func pad(b []byte, end int) []byte {
	for len(b) < end {
		b = append(b, ' ')
	}
	return b
}

func (t *HopText) write(b []byte) error {
	t.buf = append(b, '\n')
	if _, err := t.w.Write(t.buf); err != nil {
		return fmt.Errorf("writing hop: %w", err)
	}
	return nil
}
