// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

// appendChain appends what was seen of what led to a retransmit and followed it.
func appendChain(b []byte, c *tracer.Chain) []byte {
	b = append(b, `,"chain":{`...)
	start := len(b)
	if c.Overtaken != nil {
		b = appendOvertaken(b, c.Overtaken)
	}
	if c.Dropped != nil {
		b = appendDropped(appendComma(b, start), c.Dropped)
	}
	b = appendSeen(b, start, `"hole_ns":`, c.HoleNS)
	b = appendSeen(b, start, `"sack_ns":`, c.SACKNS)
	b = appendSeen(b, start, `"dsack_ns":`, c.DSACKNS)
	b = appendSeen(b, start, `"undo_ns":`, c.UndoNS)
	b = appendSeen(b, start, `"acked_ns":`, c.AckedNS)
	return append(b, '}')
}

// appendComma separates a field from the one before, if the object that begins
// at start has any.
func appendComma(b []byte, start int) []byte {
	if len(b) == start {
		return b
	}
	return append(b, ',')
}

// appendSeen appends a time that is 0 when nothing was seen.
func appendSeen(b []byte, start int, name string, ns uint64) []byte {
	if ns == 0 {
		return b
	}
	return appendUint(appendComma(b, start), name, ns)
}

// appendOvertaken appends a reorder in short: its record has the rest, and the
// same ts_ns.
func appendOvertaken(b []byte, r *tracer.Reorder) []byte {
	b = appendUint(b, `"overtaken":{"ts_ns":`, r.TSNS)
	b = appendDevice(b, `,"rx":`, &r.Rx)
	b = appendDevice(b, `,"tx":`, &r.Tx)
	b = appendUint(b, `,"enqueue_ns":`, r.Late.EnqueueNS)
	b = appendInt(b, `,"enqueue_cpu":`, r.Late.EnqueueCPU)
	b = appendInt(b, `,"run_cpu":`, r.Late.RunCPU)
	b = appendUint(b, `,"overtaker_ns":`, r.Overtaker.DeliverNS)
	b = appendUint(b, `,"overtaker_enqueue_ns":`, r.Overtaker.EnqueueNS)
	b = appendInt(b, `,"overtaker_enqueue_cpu":`, r.Overtaker.EnqueueCPU)
	b = appendInt(b, `,"overtaker_run_cpu":`, r.Overtaker.RunCPU)
	b = appendUint(b, `,"late_ns":`, r.LateNS)
	b = appendUint(b, `,"displacement":`, uint64(r.Displacement))
	b = appendBool(b, `,"displacement_at_least":`, r.AtLeast)
	b = append(append(b, `,"cause":"`...), r.Cause.String()...)
	return append(b, '"', '}')
}

// appendDropped does the same with a drop.
func appendDropped(b []byte, d *tracer.Drop) []byte {
	b = appendUint(b, `"dropped":{"ts_ns":`, d.TSNS)
	b = appendUint(b, `,"drop_ts_ns":`, d.DropNS)
	b = appendKnownDevice(b, `,"device":`, &d.Rx)
	b = appendDevice(b, `,"tx":`, &d.Tx)
	b = append(append(append(b, `,"cause":"`...), d.Cause.String()...), '"')
	if d.Reason != "" {
		b = appendString(append(b, `,"reason":`...), d.Reason)
	}
	return append(b, '}')
}
