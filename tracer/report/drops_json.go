// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

type dropsJSON struct {
	Other       uint64 `json:"other"`
	XDP         uint64 `json:"xdp"`
	Backlog     uint64 `json:"backlog"`
	BacklogFull uint64 `json:"backlog_full"`
	FlowLimit   uint64 `json:"flow_limit"`
}

func dropsOf(d *tracer.Drops) dropsJSON {
	return dropsJSON{
		d[tracer.DropOther], d[tracer.DropXDP],
		d[tracer.DropBacklog], d[tracer.DropBacklogFull], d[tracer.DropFlowLimit],
	}
}

// allDrops returns the drops of all devices together.
func allDrops(s *tracer.Snapshot) (all tracer.Drops) {
	for i := range s.Devices {
		for cause, n := range s.Devices[i].Drops {
			all[cause] += n
		}
	}
	return all
}

type steeringJSON struct {
	Unknown uint64 `json:"unknown"`
	None    uint64 `json:"none"`
	RPS     uint64 `json:"rps"`
	RFS     uint64 `json:"rfs"`
}

func steeringOf(n *[tracer.NumSteerings]uint64) steeringJSON {
	return steeringJSON{
		n[tracer.SteeringUnknown], n[tracer.SteeringNone], n[tracer.SteeringRPS], n[tracer.SteeringRFS],
	}
}
