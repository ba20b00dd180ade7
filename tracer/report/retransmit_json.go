// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// WriteRetransmit writes one retransmit, as Write does a hop.
func (hw *HopWriter) WriteRetransmit(r *tracer.Retransmit) error {
	hw.buf = append(AppendRetransmit(hw.buf[:0], r), '\n')
	if _, err := hw.w.Write(hw.buf); err != nil {
		return fmt.Errorf("writing retransmit: %w", err)
	}
	return nil
}

// AppendRetransmit appends the retransmit as a JSON object, without a newline.
// What is an enumeration must be among the constants of package tracer.
func AppendRetransmit(b []byte, r *tracer.Retransmit) []byte {
	b = appendUint(b, `{"type":"retransmit","ts_ns":`, r.TSNS)
	b = appendUint(b, `,"netns":`, uint64(r.Netns))
	if r.NetnsName != "" {
		b = appendString(append(b, `,"netns_name":`...), r.NetnsName)
	}
	b = appendKnownDevice(b, `,"device":`, &r.Dev)
	b = appendKnownDevice(b, `,"peer":`, &r.Peer)
	b = appendFlow(b, `,"flow":`, &r.Flow)
	b = append(append(b, `,"class":"`...), r.Class.String()...)
	b = appendUint(b, `","segs":`, uint64(r.Segs))
	b = appendBool(b, `,"failed":`, r.Failed)
	if r.Errno != 0 {
		b = appendInt(b, `,"errno":`, r.Errno)
	}
	if hasSocket(r) {
		b = appendSocket(b, r)
	}
	if name := r.State.String(); name != "unknown" {
		b = append(append(append(b, `,"state":"`...), name...), '"')
	}
	b = append(append(b, `,"verdict":"`...), r.Verdict.String()...)
	b = appendBool(b, `","spurious":`, r.Spurious != tracer.NotSpurious)
	if r.Spurious != tracer.NotSpurious {
		b = append(append(append(b, `,"spurious_proof":"`...), r.Spurious.String()...), '"')
	}
	return append(appendChain(b, &r.Chain), '}')
}

// newSynRecv is TCP_NEW_SYN_RECV of include/net/tcp_states.h: a connection that
// is no more than a request.
const newSynRecv = 12

// hasSocket says whether a retransmit is of a socket: most SYN-ACKs are sent
// before their connection has one, and nothing of what a socket knows is known.
func hasSocket(r *tracer.Retransmit) bool { return r.State != newSynRecv }

// appendSocket appends the bytes sent again and the state of the socket. A
// smoothed round-trip time of 0 is one not measured yet.
func appendSocket(b []byte, r *tracer.Retransmit) []byte {
	b = appendUint(b, `,"seq":`, uint64(r.Seq))
	b = appendUint(b, `,"end_seq":`, uint64(r.EndSeq))
	b = appendUint(b, `,"cwnd_segs":`, uint64(r.Cwnd))
	b = appendUint(b, `,"ssthresh_segs":`, uint64(r.Ssthresh))
	if r.SRTTUs != 0 {
		b = appendUint(b, `,"srtt_us":`, uint64(r.SRTTUs))
	}
	if name := r.CAState.String(); name != "unknown" {
		b = append(append(append(b, `,"ca_state":"`...), name...), '"')
	}
	b = appendUint(b, `,"backoff":`, uint64(r.Backoff))
	return appendUint(b, `,"reord_seen":`, uint64(r.ReordSeen))
}

func appendKnownDevice(b []byte, name string, d *tracer.DeviceName) []byte {
	if d.DeviceID == (tracer.DeviceID{}) {
		return b
	}
	return appendDevice(b, name, d)
}
