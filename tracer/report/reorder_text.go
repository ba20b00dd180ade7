// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteReorder writes one packet that was overtaken, in the columns of hops: in
// place of the stages by how many, how late, and why. Its time is that of its
// delivery. The error is the writer's.
func (t *HopText) WriteReorder(r *tracer.Reorder) error {
	b := t.buf[:0]
	for i := range hopColumns {
		start := len(b)
		b = t.appendReorderCell(b, i, r)
		b = padTo(b, start, i)
	}
	return t.write(b, "reorder")
}

func (t *HopText) appendReorderCell(b []byte, column int, r *tracer.Reorder) []byte {
	switch column {
	case columnTime:
		return t.appendTime(b, r.TSNS)
	case columnDevices:
		return appendDevicesText(b, r.Rx, r.Tx)
	case columnFlow:
		return appendFlowText(b, &r.Flow)
	case columnCPU:
		b = append(strconv.AppendInt(b, int64(r.Late.EnqueueCPU), 10), "->"...)
		return strconv.AppendInt(b, int64(r.Late.RunCPU), 10)
	case columnSteering:
		if r.Late.Steering != tracer.SteeringUnknown {
			return append(b, r.Late.Steering.String()...)
		}
	case columnRunner:
		return append(b, r.Late.Runner.String()...)
	case columnPath:
		return append(b, r.Late.Path.String()...)
	case columnStages:
		return appendReorderText(b, r)
	case columnLen:
		return append(strconv.AppendUint(b, uint64(r.LenBytes), 10), 'B')
	}
	return append(b, '-')
}

func appendReorderText(b []byte, r *tracer.Reorder) []byte {
	b = strconv.AppendUint(append(b, "OVERTAKEN by "...), uint64(r.Displacement), 10)
	switch {
	case r.AtLeast:
		b = append(b, " or more packets, "...)
	case r.Displacement == 1:
		b = append(b, " packet, "...)
	default:
		b = append(b, " packets, "...)
	}
	b = append(appendNS(b, r.LateNS), " late: "...)
	b = appendPairText(b, r.Late.RunCPU, r.Overtaker.RunCPU)
	b = append(append(b, " ("...), causeText(r.Cause)...)
	if r.Move != nil && r.Cause == tracer.CauseSenderMoved {
		b = appendMoveText(append(b, ": "...), r.Move)
	}
	return append(b, ')')
}

// appendPairText appends which CPU delivered a packet late after which other.
func appendPairText(b []byte, late, overtaker int) []byte {
	if late == overtaker {
		return strconv.AppendInt(append(b, "both on CPU "...), int64(late), 10)
	}
	b = strconv.AppendInt(append(b, "CPU "...), int64(late), 10)
	return strconv.AppendInt(append(b, " after CPU "...), int64(overtaker), 10)
}

// causeText is a cause's name as words.
func causeText(c tracer.ReorderCause) string {
	if c == tracer.CauseUnknown {
		return "cause unknown"
	}
	return strings.ReplaceAll(c.String(), "_", " ")
}

func appendMoveText(b []byte, m *tracer.Move) []byte {
	if m.Comm != "" {
		b = append(appendPlain(b, m.Comm), '/')
	}
	b = strconv.AppendUint(b, uint64(m.PID), 10)
	b = strconv.AppendInt(append(b, ' '), int64(m.From), 10)
	return strconv.AppendInt(append(b, "->"...), int64(m.To), 10)
}
