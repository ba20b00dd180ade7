// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

type lossesJSON struct {
	MissedSlots     uint64 `json:"missed_slots"`
	Ringbuf         uint64 `json:"ringbuf"`
	RareRingbuf     uint64 `json:"rare_ringbuf"`
	Recursion       uint64 `json:"recursion"`
	DroppedHops     uint64 `json:"dropped_hops"`
	DeviceTableFull uint64 `json:"device_table_full"`
	FlowTableFull   uint64 `json:"flow_table_full"`
	FlowsExpired    uint64 `json:"flows_expired"`
	ClockBackwards  uint64 `json:"clock_backwards"`
	OrderUnknown    uint64 `json:"order_unknown"`
}

func lossesOf(l *tracer.Losses) lossesJSON {
	return lossesJSON{
		MissedSlots:     l.MissedSlots,
		Ringbuf:         l.Ringbuf,
		RareRingbuf:     l.RareRingbuf,
		Recursion:       l.Recursion,
		DroppedHops:     l.DroppedHops,
		DeviceTableFull: l.DeviceTableFull,
		FlowTableFull:   l.FlowTableFull,
		FlowsExpired:    l.FlowsExpired,
		ClockBackwards:  l.ClockBackwards,
		OrderUnknown:    l.OrderUnknown,
	}
}

type costJSON struct {
	*bpfCostJSON
	UserCPUNS int64  `json:"user_cpu_ns"`
	RSSBytes  uint64 `json:"rss_bytes"`
}

// bpfCostJSON is known only while the kernel's BPF statistics are on, the cost
// of a hop only when there was one.
type bpfCostJSON struct {
	Runs     uint64  `json:"bpf_runs"`
	NSPerHop *uint64 `json:"bpf_ns_per_hop,omitempty"`
}

func costOf(s *tracer.Snapshot) costJSON {
	c := costJSON{UserCPUNS: s.Cost.UserCPU.Nanoseconds(), RSSBytes: s.Cost.RSSBytes}
	if !s.Cost.BPFStats {
		return c
	}
	c.bpfCostJSON = &bpfCostJSON{Runs: s.Cost.BPFRuns}
	if ns, ok := bpfNSPerHop(s); ok {
		c.NSPerHop = &ns
	}
	return c
}

// bpfNSPerHop returns the time in BPF programs for each hop, rounded.
func bpfNSPerHop(s *tracer.Snapshot) (ns uint64, ok bool) {
	hops := s.Hops()
	if !s.Cost.BPFStats || hops == 0 {
		return 0, false
	}
	total := uint64(max(s.Cost.BPFTime, 0))
	ns = total / hops
	if total%hops >= hops-hops/2 {
		ns++
	}
	return ns, true
}
