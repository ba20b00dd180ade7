// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

// orderJSON is what is known of packets overtaking each other.
type orderJSON struct {
	LateNS          stageJSON         `json:"late_ns"`
	MaxDisplacement uint64            `json:"max_displacement"`
	Causes          reorderCausesJSON `json:"causes"`
	Pairs           []orderPairJSON   `json:"pairs"`
	OtherPairs      uint64            `json:"other_pairs"`
	Moves           uint64            `json:"moves"`
	LastTSNS        uint64            `json:"last_ts_ns"`
}

type orderPairJSON struct {
	LateCPU      int    `json:"late_cpu"`
	OvertakerCPU int    `json:"overtaker_cpu"`
	Hops         uint64 `json:"hops"`
}

type reorderCausesJSON struct {
	Unknown        uint64 `json:"unknown"`
	SenderMoved    uint64 `json:"sender_moved"`
	SoftirqSender  uint64 `json:"softirq_sender"`
	SeveralSenders uint64 `json:"several_senders"`
	RPSChanged     uint64 `json:"rps_changed"`
	RFSChanged     uint64 `json:"rfs_changed"`
	SeveralQueues  uint64 `json:"several_queues"`
	ThreadedNAPI   uint64 `json:"threaded_napi"`
}

// orderOf returns nil while no packet was overtaken.
func orderOf(o *tracer.Order) *orderJSON {
	if o == nil {
		return nil
	}
	pairs := make([]orderPairJSON, len(o.Pairs))
	for i, p := range o.Pairs {
		pairs[i] = orderPairJSON{p.LateCPU, p.OvertakerCPU, p.Hops}
	}
	return &orderJSON{
		LateNS:          stageOf(&o.Late),
		MaxDisplacement: o.MaxDisplacement,
		Causes:          reorderCausesOf(&o.Causes),
		Pairs:           pairs,
		OtherPairs:      o.OtherPairs,
		Moves:           o.Moves,
		LastTSNS:        o.LastNS,
	}
}

func reorderCausesOf(n *[tracer.NumReorderCauses]uint64) reorderCausesJSON {
	return reorderCausesJSON{
		Unknown:        n[tracer.CauseUnknown],
		SenderMoved:    n[tracer.CauseSenderMoved],
		SoftirqSender:  n[tracer.CauseSoftirqSender],
		SeveralSenders: n[tracer.CauseSeveralSenders],
		RPSChanged:     n[tracer.CauseRPSChanged],
		RFSChanged:     n[tracer.CauseRFSChanged],
		SeveralQueues:  n[tracer.CauseSeveralQueues],
		ThreadedNAPI:   n[tracer.CauseThreaded],
	}
}

// reordered returns how many of Hops were overtaken.
func reordered(s *tracer.Snapshot) (n uint64) {
	for i := range s.CPUs {
		n += s.CPUs[i].Reordered
	}
	return n
}
