// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteDrop writes one packet that was dropped within its hop, in the columns
// of hops: in place of the run CPU is the one whose backlog had no room, and in
// place of the stages why and when it ended. The error is the writer's.
func (t *HopText) WriteDrop(d *tracer.Drop) error {
	b := t.buf[:0]
	for i := range hopColumns {
		start := len(b)
		b = t.appendDropCell(b, i, d)
		b = padTo(b, start, i)
	}
	return t.write(b, "drop")
}

func (t *HopText) appendDropCell(b []byte, column int, d *tracer.Drop) []byte {
	switch column {
	case columnTime:
		return t.appendTime(b, d.TSNS)
	case columnDevices:
		return appendDevicesText(b, d.Rx, d.Tx)
	case columnFlow:
		if d.HasFlow {
			return appendFlowText(b, &d.Flow)
		}
	case columnCPU:
		b = append(strconv.AppendInt(b, int64(d.EnqueueCPU), 10), "->"...)
		return appendKnownText(b, d.TargetCPU)
	case columnQueueLen:
		return appendKnownText(b, d.QueueLen)
	case columnStages:
		return appendDropText(b, d)
	case columnLen:
		return append(strconv.AppendUint(b, uint64(d.LenBytes), 10), 'B')
	}
	return append(b, '-')
}

func appendDropText(b []byte, d *tracer.Drop) []byte {
	b = append(append(b, "DROPPED "...), d.Cause.String()...)
	if d.Reason != "" {
		b = append(appendPlain(append(b, " ("...), d.Reason), ')')
	}
	return appendNS(append(b, " after "...), less(d.DropNS, d.TSNS))
}

// appendKnownText appends a number that is -1 when it is not known.
func appendKnownText(b []byte, n int) []byte {
	if n < 0 {
		return append(b, '-')
	}
	return strconv.AppendInt(b, int64(n), 10)
}
