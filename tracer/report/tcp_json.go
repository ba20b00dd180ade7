// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"strconv"

	"github.com/vethtrace/vethtrace/tracer"
)

type netnsJSON struct {
	Netns     uint32 `json:"netns"`
	NetnsName string `json:"netns_name,omitempty"`
}

// tcpFlowJSON is the data of a connection in one direction.
type tcpFlowJSON struct {
	Flow     flowJSON         `json:"flow"`
	LastTSNS uint64           `json:"last_ts_ns"`
	Sender   *tcpSenderJSON   `json:"sender,omitempty"`
	Receiver *tcpReceiverJSON `json:"receiver,omitempty"`
	// Recent are whole retransmit records.
	Recent []json.RawMessage `json:"recent"`
}

type tcpSenderJSON struct {
	netnsJSON
	Device      *deviceJSON     `json:"device,omitempty"`
	Peer        *deviceJSON     `json:"peer,omitempty"`
	Retransmits retransmitsJSON `json:"retransmits"`
	// A connection without a socket yet has no window, one whose round trip
	// was not measured yet no time: neither is ever 0.
	CwndSegs    uint32 `json:"cwnd_segs,omitempty"`
	SRTTUs      uint32 `json:"srtt_us,omitempty"`
	ReordSeen   uint32 `json:"reord_seen"`
	DSACKedSegs uint32 `json:"dsacked_segs"`
}

type tcpReceiverJSON struct {
	netnsJSON
	OutOfOrderSegs uint64 `json:"out_of_order_segs"`
	DuplicateSegs  uint64 `json:"duplicate_segs"`
}

func tcpFlowsOf(s *tracer.Snapshot) []tcpFlowJSON {
	flows := make([]tcpFlowJSON, len(s.TCP))
	for i := range s.TCP {
		flows[i] = tcpFlowOf(&s.TCP[i])
	}
	return flows
}

func tcpFlowOf(f *tracer.TCPFlow) tcpFlowJSON {
	j := tcpFlowJSON{Flow: flowOf(&f.Key), LastTSNS: f.LastNS, Recent: make([]json.RawMessage, len(f.Recent))}
	if snd := f.Sender; snd != nil {
		j.Sender = &tcpSenderJSON{
			netnsJSON:   netnsJSON{snd.Netns, snd.NetnsName},
			Device:      knownDeviceOf(snd.Dev),
			Peer:        knownDeviceOf(snd.Peer),
			Retransmits: retransmitsOf(&snd.Retransmits),
			CwndSegs:    snd.Cwnd,
			SRTTUs:      snd.SRTTUs,
			ReordSeen:   snd.ReordSeen,
			DSACKedSegs: snd.DSACKs,
		}
	}
	if rcv := f.Receiver; rcv != nil {
		j.Receiver = &tcpReceiverJSON{netnsJSON{rcv.Netns, rcv.NetnsName}, rcv.OutOfOrder, rcv.Duplicates}
	}
	for i := range f.Recent {
		j.Recent[i] = AppendRetransmit(nil, &f.Recent[i])
	}
	return j
}

func knownDeviceOf(d tracer.DeviceName) *deviceJSON {
	if d.DeviceID == (tracer.DeviceID{}) {
		return nil
	}
	j := deviceOf(d)
	return &j
}

// again is the retransmits of a flow.
type again struct{ events, segs uint64 }

// sentAgain has the retransmits of each flow, of all its senders: two
// namespaces may use the same addresses.
func sentAgain(s *tracer.Snapshot) map[tracer.FlowKey]again {
	all := make(map[tracer.FlowKey]again)
	for i := range s.TCP {
		f := &s.TCP[i]
		if f.Sender == nil {
			continue
		}
		n := all[f.Key]
		all[f.Key] = again{n.events + f.Sender.Events, n.segs + f.Sender.Segs}
	}
	return all
}

// netnsTCPJSON is what a namespace counted for all its connections.
type netnsTCPJSON struct {
	netnsJSON
	Counters tcpCountersJSON `json:"counters"`
}

// tcpCountersJSON is an object with the kernel's names, in their order, without
// those that this kernel does not have.
type tcpCountersJSON [len(tracer.TCPCounterNames)]int64

// MarshalJSON implements json.Marshaler.
func (c tcpCountersJSON) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, n := range c {
		if n < 0 {
			continue
		}
		b = appendString(appendComma(b, 1), tracer.TCPCounterNames[i])
		b = strconv.AppendInt(append(b, ':'), n, 10)
	}
	return append(b, '}'), nil
}

func netnsTCPOf(s *tracer.Snapshot) []netnsTCPJSON {
	all := make([]netnsTCPJSON, len(s.Netns))
	for i, n := range s.Netns {
		all[i] = netnsTCPJSON{netnsJSON{n.Netns, n.NetnsName}, n.Counters}
	}
	return all
}
