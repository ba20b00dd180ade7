// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteReorder writes one packet that was overtaken, as Write does a hop.
func (hw *HopWriter) WriteReorder(r *tracer.Reorder) error {
	hw.buf = append(AppendReorder(hw.buf[:0], r), '\n')
	if _, err := hw.w.Write(hw.buf); err != nil {
		return fmt.Errorf("writing reorder: %w", err)
	}
	return nil
}

// AppendReorder appends the reorder as a JSON object, without a newline. What is
// an enumeration must be among the constants of package tracer.
func AppendReorder(b []byte, r *tracer.Reorder) []byte {
	b = appendUint(b, `{"type":"reorder","ts_ns":`, r.TSNS)
	b = append(append(b, `,"kind":"`...), r.Kind.String()...)
	b = appendDevice(b, `","tx":`, &r.Tx)
	b = appendDevice(b, `,"rx":`, &r.Rx)
	b = appendFlow(b, `,"flow":`, &r.Flow)
	if r.HasBefore {
		b = appendFlow(b, `,"flow_before_nat":`, &r.Before)
	}
	b = appendOrdered(b, `,"late":`, &r.Late)
	if r.Late.HasSeq {
		b = appendUint(b, `,"end_seq":`, uint64(r.Late.EndSeq))
	}
	b = appendOrdered(b, `},"overtaker":`, &r.Overtaker)
	b = appendUint(b, `},"late_ns":`, r.LateNS)
	b = appendUint(b, `,"displacement":`, uint64(r.Displacement))
	b = appendBool(b, `,"displacement_at_least":`, r.AtLeast)
	b = appendUint(b, `,"len_bytes":`, uint64(r.LenBytes))
	b = append(append(b, `,"cause":"`...), r.Cause.String()...)
	b = append(b, '"')
	if r.Move != nil {
		b = appendMove(b, r.Move)
	}
	return append(b, '}')
}

// appendOrdered appends one of the two packets, without the end of the object.
func appendOrdered(b []byte, name string, p *tracer.OrderedPacket) []byte {
	b = appendUint(append(b, name...), `{"enqueue_ns":`, p.EnqueueNS)
	b = appendUint(b, `,"deliver_ns":`, p.DeliverNS)
	b = appendInt(b, `,"enqueue_cpu":`, p.EnqueueCPU)
	b = appendInt(b, `,"run_cpu":`, p.RunCPU)
	b = append(append(b, `,"path":"`...), p.Path.String()...)
	b = append(append(b, `","runner":"`...), p.Runner.String()...)
	b = append(b, '"')
	if p.Steering != tracer.SteeringUnknown {
		b = append(append(b, `,"steering":"`...), p.Steering.String()...)
		b = append(b, '"')
	}
	if p.Sender != tracer.SenderUnknown {
		b = append(append(b, `,"sender":"`...), p.Sender.String()...)
		b = append(b, '"')
	}
	if p.Sender == tracer.SenderTask {
		b = appendUint(b, `,"pid":`, uint64(p.PID))
	}
	b = appendInt(b, `,"queue":`, p.Queue)
	if p.HasSeq {
		b = appendUint(b, `,"seq":`, uint64(p.Seq))
	}
	return b
}

func appendMove(b []byte, m *tracer.Move) []byte {
	b = appendUint(b, `,"move":{"ts_ns":`, m.AtNS)
	b = appendUint(b, `,"pid":`, uint64(m.PID))
	if m.Comm != "" {
		b = appendString(append(b, `,"comm":`...), m.Comm)
	}
	b = appendInt(b, `,"from_cpu":`, m.From)
	b = appendInt(b, `,"to_cpu":`, m.To)
	return append(b, '}')
}

func appendBool(b []byte, name string, v bool) []byte {
	if v {
		return append(append(b, name...), "true"...)
	}
	return append(append(b, name...), "false"...)
}
