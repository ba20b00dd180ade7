// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteDrop writes one drop, as Write does a hop.
func (hw *HopWriter) WriteDrop(d *tracer.Drop) error {
	hw.buf = append(AppendDrop(hw.buf[:0], d), '\n')
	if _, err := hw.w.Write(hw.buf); err != nil {
		return fmt.Errorf("writing drop: %w", err)
	}
	return nil
}

// AppendDrop appends the drop as a JSON object, without a newline. Kind and
// Cause must be among the constants of package tracer.
func AppendDrop(b []byte, d *tracer.Drop) []byte {
	b = appendUint(b, `{"type":"drop","ts_ns":`, d.TSNS)
	b = appendUint(b, `,"drop_ts_ns":`, d.DropNS)
	b = append(append(b, `,"kind":"`...), d.Kind.String()...)
	b = appendDevice(b, `","tx":`, &d.Tx)
	if d.Rx.DeviceID != (tracer.DeviceID{}) {
		b = appendDevice(b, `,"rx":`, &d.Rx)
	}
	b = append(append(b, `,"cause":"`...), d.Cause.String()...)
	b = append(b, '"')
	if d.Reason != "" {
		b = appendString(append(b, `,"reason":`...), d.Reason)
	}
	b = appendInt(b, `,"enqueue_cpu":`, d.EnqueueCPU)
	b = appendKnown(b, `,"target_cpu":`, d.TargetCPU)
	b = appendKnown(b, `,"queue_len":`, d.QueueLen)
	b = appendUint(b, `,"len_bytes":`, uint64(d.LenBytes))
	if d.HasFlow {
		b = appendFlow(b, `,"flow":`, &d.Flow)
	}
	if d.HasSeq {
		b = appendUint(b, `,"seq":`, uint64(d.Seq))
		b = appendUint(b, `,"end_seq":`, uint64(d.EndSeq))
	}
	return append(b, '}')
}

// appendKnown appends a number that is -1 when it is not known.
func appendKnown(b []byte, name string, n int) []byte {
	if n < 0 {
		return b
	}
	return appendInt(b, name, n)
}
