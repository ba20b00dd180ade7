// SPDX-License-Identifier: Apache-2.0

package report

import (
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteRetransmit writes one retransmit, in the columns of hops: in place of the
// stages what was sent again and why. Its devices are those of the sender's
// route, "-" where not known. The error is the writer's.
func (t *HopText) WriteRetransmit(r *tracer.Retransmit) error {
	b := t.buf[:0]
	for i := range hopColumns {
		start := len(b)
		b = t.appendRetransmitCell(b, i, r)
		b = padTo(b, start, i)
	}
	return t.write(b, "retransmit")
}

func (t *HopText) appendRetransmitCell(b []byte, column int, r *tracer.Retransmit) []byte {
	switch column {
	case columnTime:
		return t.appendTime(b, r.TSNS)
	case columnDevices:
		if r.Dev.DeviceID == (tracer.DeviceID{}) {
			return append(appendNetnsText(append(b, "- <- "...), r.Netns, r.NetnsName), "/-"...)
		}
		return appendDevicesText(b, r.Peer, r.Dev)
	case columnFlow:
		return appendFlowText(b, &r.Flow)
	case columnStages:
		return appendRetransmitText(b, r)
	case columnSegs:
		return strconv.AppendUint(b, uint64(r.Segs), 10)
	}
	return append(b, '-')
}

// appendNetnsText appends the name of a namespace, its number if it has none.
func appendNetnsText(b []byte, inode uint32, name string) []byte {
	if name == "" {
		return strconv.AppendUint(b, uint64(inode), 10)
	}
	return appendPlain(b, name)
}

func appendRetransmitText(b []byte, r *tracer.Retransmit) []byte {
	b = append(append(b, "RETRANSMIT "...), r.Class.String()...)
	if hasSocket(r) {
		b = strconv.AppendUint(append(b, ' '), uint64(r.EndSeq-r.Seq), 10)
		b = strconv.AppendUint(append(b, " B seq "...), uint64(r.Seq), 10)
		b = strconv.AppendUint(append(b, ".."...), uint64(r.EndSeq), 10)
	}
	if r.Failed {
		b = append(b, " not sent"...)
		if r.Errno != 0 {
			b = append(strconv.AppendInt(append(b, " (errno "...), int64(r.Errno), 10), ')')
		}
	}
	b = append(append(b, ": "...), r.Verdict.String()...)
	b = appendReasonText(b, r)
	return appendSpuriousText(b, r)
}

// appendReasonText appends what the verdict follows from.
func appendReasonText(b []byte, r *tracer.Retransmit) []byte {
	over, dropped := r.Chain.Overtaken, r.Chain.Dropped
	switch {
	case r.Verdict == tracer.VerdictReorderedAtHop && over != nil:
		b = append(append(b, " ("...), FormatDevice(over.Rx)...)
		b = appendPairText(append(b, ", "...), over.Late.RunCPU, over.Overtaker.RunCPU)
		return append(b, ')')
	case r.Verdict == tracer.VerdictLostAtHop && dropped != nil:
		b = append(b, " ("...)
		if dropped.Rx.DeviceID != (tracer.DeviceID{}) {
			b = append(append(b, FormatDevice(dropped.Rx)...), ", "...)
		}
		return append(append(b, dropped.Cause.String()...), ')')
	}
	return b
}

// appendSpuriousText appends how it was proven not to have been needed, if it
// was, and how long after.
func appendSpuriousText(b []byte, r *tracer.Retransmit) []byte {
	at := r.Chain.DSACKNS
	switch r.Spurious {
	case tracer.NotSpurious:
		return b
	case tracer.ProofUndo:
		at = r.Chain.UndoNS
	}
	b = append(append(b, ", spurious ("...), r.Spurious.String()...)
	if at > r.TSNS {
		b = appendNS(append(b, " after "...), at-r.TSNS)
	}
	return append(b, ')')
}
