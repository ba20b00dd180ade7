// SPDX-License-Identifier: Apache-2.0

package report

import (
	"io"

	"github.com/vethtrace/vethtrace/tracer"
)

type statJSON struct {
	Type         string           `json:"type"`
	Schema       int              `json:"schema"`
	Kernel       string           `json:"kernel"`
	Mode         string           `json:"mode"`
	Started      string           `json:"started"`
	DurationNS   int64            `json:"duration_ns"`
	WallOffsetNS int64            `json:"wall_offset_ns"`
	Clocksource  string           `json:"clocksource,omitempty"`
	Filter       string           `json:"filter,omitempty"`
	Devices      []statDeviceJSON `json:"devices"`
	Flows        []statFlowJSON   `json:"flows"`
	CPUs         []statCPUJSON    `json:"cpus"`
	CPUPairs     []cpuPairJSON    `json:"cpu_pairs"`
	Losses       lossesJSON       `json:"losses"`
	Cost         costJSON         `json:"cost"`
	Warnings     []string         `json:"warnings"`
}

type statDeviceJSON struct {
	deviceJSON
	Peer         deviceJSON  `json:"peer"`
	Hops         uint64      `json:"hops"`
	Bytes        uint64      `json:"bytes"`
	GSOSegs      uint64      `json:"gso_segs"`
	Missed       uint64      `json:"missed"`
	DroppedHops  uint64      `json:"dropped_hops"`
	CrossCPUHops uint64      `json:"cross_cpu_hops"`
	Paths        pathsJSON   `json:"paths"`
	Runners      runnersJSON `json:"runners"`
	Stages       stagesJSON  `json:"stages"`
}

type statFlowJSON struct {
	Flow         flowJSON    `json:"flow"`
	Device       deviceJSON  `json:"device"`
	Hops         uint64      `json:"hops"`
	Bytes        uint64      `json:"bytes"`
	GSOSegs      uint64      `json:"gso_segs"`
	CrossCPUHops uint64      `json:"cross_cpu_hops"`
	LastTSNS     uint64      `json:"last_ts_ns"`
	Paths        pathsJSON   `json:"paths"`
	Runners      runnersJSON `json:"runners"`
	Stages       stagesJSON  `json:"stages"`
}

type statCPUJSON struct {
	CPU          int         `json:"cpu"`
	EnqueuedHops uint64      `json:"enqueued_hops"`
	RunHops      uint64      `json:"run_hops"`
	Runners      runnersJSON `json:"runners"`
	Softnet      softnetJSON `json:"softnet"`
}

type softnetJSON struct {
	Processed   uint64 `json:"processed"`
	Dropped     uint64 `json:"dropped"`
	TimeSqueeze uint64 `json:"time_squeeze"`
	ReceivedRPS uint64 `json:"received_rps"`
	FlowLimit   uint64 `json:"flow_limit"`
	BacklogLen  uint64 `json:"backlog_len"`
}

type cpuPairJSON struct {
	EnqueueCPU int    `json:"enqueue_cpu"`
	RunCPU     int    `json:"run_cpu"`
	Hops       uint64 `json:"hops"`
}

// WriteStatJSON writes the snapshot as one JSON document on one line, of type
// "stat". The error is the writer's.
func WriteStatJSON(w io.Writer, s *tracer.Snapshot) error {
	d := statJSON{
		Type:         "stat",
		Schema:       SchemaVersion,
		Kernel:       s.Run.Kernel,
		Mode:         string(s.Run.Mode),
		Started:      stamp(s.Run.Started),
		DurationNS:   s.Elapsed.Nanoseconds(),
		WallOffsetNS: s.Run.WallOffsetNS,
		Clocksource:  s.Run.Clocksource,
		Filter:       s.Run.Filter,
		Devices:      make([]statDeviceJSON, len(s.Devices)),
		Flows:        make([]statFlowJSON, len(s.Flows)),
		CPUs:         make([]statCPUJSON, len(s.CPUs)),
		CPUPairs:     make([]cpuPairJSON, len(s.CPUPairs)),
		Losses:       lossesOf(&s.Losses),
		Cost:         costOf(s),
		Warnings:     list(s.Run.Warnings),
	}
	for i := range s.Devices {
		d.Devices[i] = statDeviceOf(&s.Devices[i])
	}
	for i := range s.Flows {
		d.Flows[i] = statFlowOf(&s.Flows[i])
	}
	for i := range s.CPUs {
		c := &s.CPUs[i]
		d.CPUs[i] = statCPUJSON{c.CPU, c.Enqueued, c.Hops, runnersOf(&c.Runners), softnetOf(&c.Softnet)}
	}
	for i := range s.CPUPairs {
		p := &s.CPUPairs[i]
		d.CPUPairs[i] = cpuPairJSON{p.EnqueueCPU, p.RunCPU, p.Hops}
	}
	return writeLine(w, d, "stat")
}

func statDeviceOf(d *tracer.Device) statDeviceJSON {
	return statDeviceJSON{
		deviceJSON:   deviceOf(d.Name),
		Peer:         deviceOf(d.Peer),
		Hops:         d.Hops,
		Bytes:        d.Bytes,
		GSOSegs:      d.GSOSegs,
		Missed:       d.Missed,
		DroppedHops:  d.Drops.Total(),
		CrossCPUHops: d.CrossCPU,
		Paths:        pathsOf(&d.Paths),
		Runners:      runnersOf(&d.Runners),
		Stages:       stagesOf(&d.Counters),
	}
}

func statFlowOf(f *tracer.Flow) statFlowJSON {
	return statFlowJSON{
		Flow:         flowOf(&f.Key),
		Device:       deviceOf(f.Device),
		Hops:         f.Hops,
		Bytes:        f.Bytes,
		GSOSegs:      f.GSOSegs,
		CrossCPUHops: f.CrossCPU,
		LastTSNS:     f.LastNS,
		Paths:        pathsOf(&f.Paths),
		Runners:      runnersOf(&f.Runners),
		Stages:       stagesOf(&f.Counters),
	}
}

func softnetOf(s *tracer.Softnet) softnetJSON {
	return softnetJSON{s.Processed, s.Dropped, s.TimeSqueeze, s.ReceivedRPS, s.FlowLimit, s.BacklogLen}
}
