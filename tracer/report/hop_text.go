// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// HopText writes hops and the other events for people, one line each. Times are
// wall-clock times in the location of Run.Started. It is not safe for concurrent use.
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

// The columns of a line.
const (
	columnTime = iota
	columnDevices
	columnFlow
	columnCPU
	columnSteering
	columnQueueLen
	columnRunner
	columnPath
	columnStages
	columnLen
	columnSegs
)

// hopColumns are the titles of the columns and the widths from which on a
// longer cell pushes the next one to the right.
var hopColumns = [...]struct {
	title string
	width int
}{
	columnTime:     {"TIME", len(clockLayout)},
	columnDevices:  {"RX <- TX", 28},
	columnFlow:     {"FLOW", 40},
	columnCPU:      {"CPU", 5},
	columnSteering: {"STEER", 5},
	columnQueueLen: {"QLEN", 4},
	columnRunner:   {"RUNNER", 9},
	columnPath:     {"PATH", 7},
	columnStages:   {"STAGES", 55},
	columnLen:      {"LEN", 6},
	columnSegs:     {"SEGS", 0},
}

// WriteHeader writes the line with the names of the columns.
func (t *HopText) WriteHeader() error {
	b := t.buf[:0]
	for i, c := range hopColumns {
		start := len(b)
		b = append(b, c.title...)
		b = padTo(b, start, i)
	}
	return t.write(b, "header")
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
	return t.write(b, "hop")
}

func (t *HopText) appendCell(b []byte, column int, h *tracer.Hop) []byte {
	switch column {
	case columnTime:
		return t.appendTime(b, h.TSNS)
	case columnDevices:
		return appendDevicesText(b, h.Rx, h.Tx)
	case columnFlow:
		if !h.HasFlow {
			return append(b, '-')
		}
		return appendFlowText(b, &h.Flow)
	case columnCPU:
		b = strconv.AppendInt(b, int64(h.EnqueueCPU), 10)
		b = append(b, "->"...)
		return strconv.AppendInt(b, int64(h.RunCPU), 10)
	case columnSteering:
		if h.Steering == tracer.SteeringUnknown {
			return append(b, '-')
		}
		return append(b, h.Steering.String()...)
	case columnQueueLen:
		return appendKnownText(b, h.QueueLen)
	case columnRunner:
		return append(b, h.Runner.String()...)
	case columnPath:
		return append(b, h.Path.String()...)
	case columnStages:
		return appendStagesText(b, h)
	case columnLen:
		return append(strconv.AppendUint(b, uint64(h.LenBytes), 10), 'B')
	}
	return strconv.AppendUint(b, uint64(h.GSOSegs), 10)
}

func (t *HopText) appendTime(b []byte, ns uint64) []byte {
	at := time.Unix(0, int64(ns)+t.run.WallOffsetNS)
	return at.In(t.run.Started.Location()).AppendFormat(b, clockLayout)
}

// appendDevicesText appends the receiver, "-" when there is none, and the
// transmitter.
func appendDevicesText(b []byte, rx, tx tracer.DeviceName) []byte {
	if rx.DeviceID == (tracer.DeviceID{}) {
		b = append(b, '-')
	} else {
		b = append(b, FormatDevice(rx)...)
	}
	return append(append(b, " <- "...), FormatDevice(tx)...)
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

func (t *HopText) write(b []byte, what string) error {
	t.buf = append(b, '\n')
	if _, err := t.w.Write(t.buf); err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}
