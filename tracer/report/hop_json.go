// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

// HopWriter writes hops and the other events as NDJSON lines of type "hop",
// "drop", "reorder" and "retransmit". It allocates nothing for one once its
// buffer has grown. It is not safe for concurrent use.
type HopWriter struct {
	w   io.Writer
	buf []byte
}

// NewHopWriter returns a HopWriter that writes to w, one Write a line; w should
// be buffered.
func NewHopWriter(w io.Writer) *HopWriter {
	return &HopWriter{w: w, buf: make([]byte, 0, 1024)}
}

// Write writes one hop. The error is the writer's.
func (hw *HopWriter) Write(h *tracer.Hop) error {
	hw.buf = append(AppendHop(hw.buf[:0], h), '\n')
	if _, err := hw.w.Write(hw.buf); err != nil {
		return fmt.Errorf("writing hop: %w", err)
	}
	return nil
}

// AppendHop appends the hop as a JSON object, without a newline. Path,
// Runner, Kind and Steering must be among the constants of package tracer.
func AppendHop(b []byte, h *tracer.Hop) []byte {
	b = appendUint(b, `{"type":"hop","ts_ns":`, h.TSNS)
	b = append(b, `,"path":"`...)
	b = append(b, h.Path.String()...)
	b = append(append(b, `","kind":"`...), h.Kind.String()...)
	b = appendDevice(b, `","tx":`, &h.Tx)
	b = appendDevice(b, `,"rx":`, &h.Rx)
	b = appendInt(b, `,"enqueue_cpu":`, h.EnqueueCPU)
	b = appendKnown(b, `,"target_cpu":`, h.TargetCPU)
	b = appendInt(b, `,"run_cpu":`, h.RunCPU)
	b = appendKnown(b, `,"queue_len":`, h.QueueLen)
	b = append(b, `,"runner":"`...)
	b = append(append(b, h.Runner.String()...), '"')
	if h.Steering != tracer.SteeringUnknown {
		b = append(append(b, `,"steering":"`...), h.Steering.String()...)
		b = append(b, '"')
	}
	b = appendStages(b, h)
	b = appendUint(b, `,"len_bytes":`, uint64(h.LenBytes))
	b = appendUint(b, `,"gso_segs":`, uint64(h.GSOSegs))
	if h.HasFlow {
		b = appendFlow(b, `,"flow":`, &h.Flow)
	}
	return append(b, '}')
}

func appendUint(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(append(b, name...), n, 10)
}

func appendInt(b []byte, name string, n int) []byte {
	return strconv.AppendInt(append(b, name...), int64(n), 10)
}

func appendDevice(b []byte, name string, d *tracer.DeviceName) []byte {
	b = append(b, name...)
	b = appendUint(b, `{"netns":`, uint64(d.Netns))
	if d.NetnsName != "" {
		b = appendString(append(b, `,"netns_name":`...), d.NetnsName)
	}
	b = appendUint(b, `,"ifindex":`, uint64(d.Ifindex))
	if d.Ifname != "" {
		b = appendString(append(b, `,"ifname":`...), d.Ifname)
	}
	return append(b, '}')
}

// appendStages appends the stages that were measured.
func appendStages(b []byte, h *tracer.Hop) []byte {
	b = append(b, `,"stages_ns":{`...)
	sep := ""
	for s := range tracer.NumStages {
		if !h.StageKnown[s] {
			continue
		}
		b = append(append(b, sep...), '"')
		b = append(b, s.String()...)
		b = appendUint(b, `":`, h.StagesNS[s])
		sep = ","
	}
	return append(b, '}')
}

func appendFlow(b []byte, name string, k *tracer.FlowKey) []byte {
	b = append(append(append(b, name...), `{"family":"`...), family(k)...)
	b = appendProto(append(b, `","proto":"`...), k.Proto)
	b = append(b, `","src":"`...)
	b = k.Src.Addr().WithZone("").AppendTo(b)
	b = appendUint(b, `","sport":`, uint64(k.Src.Port()))
	b = append(b, `,"dst":"`...)
	b = k.Dst.Addr().WithZone("").AppendTo(b)
	b = appendUint(b, `","dport":`, uint64(k.Dst.Port()))
	if k.ID != 0 {
		b = appendUint(b, `,"id":`, uint64(k.ID))
	}
	return append(b, '}')
}
