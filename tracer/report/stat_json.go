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
	Kinds        []string         `json:"kinds"`
	Hooks        []hookJSON       `json:"hooks"`
	Started      string           `json:"started"`
	DurationNS   int64            `json:"duration_ns"`
	WallOffsetNS int64            `json:"wall_offset_ns"`
	Clocksource  string           `json:"clocksource,omitempty"`
	Filter       string           `json:"filter,omitempty"`
	Devices      []statDeviceJSON `json:"devices"`
	Flows        []statFlowJSON   `json:"flows"`
	CPUs         []statCPUJSON    `json:"cpus"`
	CPUPairs     []cpuPairJSON    `json:"cpu_pairs"`
	TCP          []tcpFlowJSON    `json:"tcp"`
	Retransmits  retransmitsJSON  `json:"retransmits"`
	NetnsTCP     []netnsTCPJSON   `json:"netns_tcp"`
	Marks        []markJSON       `json:"marks"`
	Losses       lossesJSON       `json:"losses"`
	Cost         costJSON         `json:"cost"`
	Warnings     []string         `json:"warnings"`
}

type statDeviceJSON struct {
	deviceJSON
	Peer         deviceJSON   `json:"peer"`
	Kind         string       `json:"kind"`
	Hops         uint64       `json:"hops"`
	Bytes        uint64       `json:"bytes"`
	GSOSegs      uint64       `json:"gso_segs"`
	Missed       uint64       `json:"missed"`
	DroppedHops  uint64       `json:"dropped_hops"`
	Drops        dropsJSON    `json:"drops"`
	CrossCPUHops uint64       `json:"cross_cpu_hops"`
	Reordered    uint64       `json:"reordered_hops"`
	Reorder      *orderJSON   `json:"reorder,omitempty"`
	Paths        pathsJSON    `json:"paths"`
	Runners      runnersJSON  `json:"runners"`
	Steering     steeringJSON `json:"steering"`
	Stages       stagesJSON   `json:"stages"`
}

type statFlowJSON struct {
	Flow         flowJSON     `json:"flow"`
	Device       deviceJSON   `json:"device"`
	Hops         uint64       `json:"hops"`
	Bytes        uint64       `json:"bytes"`
	GSOSegs      uint64       `json:"gso_segs"`
	CrossCPUHops uint64       `json:"cross_cpu_hops"`
	Reordered    uint64       `json:"reordered_hops"`
	Reorder      *orderJSON   `json:"reorder,omitempty"`
	Retransmits  uint64       `json:"retransmits"`
	RetransSegs  uint64       `json:"retransmit_segs"`
	LastTSNS     uint64       `json:"last_ts_ns"`
	Drops        dropsJSON    `json:"drops"`
	Paths        pathsJSON    `json:"paths"`
	Runners      runnersJSON  `json:"runners"`
	Steering     steeringJSON `json:"steering"`
	Stages       stagesJSON   `json:"stages"`
}

type statCPUJSON struct {
	CPU          int          `json:"cpu"`
	EnqueuedHops uint64       `json:"enqueued_hops"`
	RunHops      uint64       `json:"run_hops"`
	Reordered    uint64       `json:"reordered_hops"`
	Runners      runnersJSON  `json:"runners"`
	Drops        dropsJSON    `json:"drops"`
	QueueLen     queueLenJSON `json:"queue_len"`
	Softnet      softnetJSON  `json:"softnet"`
}

type cpuPairJSON struct {
	EnqueueCPU int          `json:"enqueue_cpu"`
	RunCPU     int          `json:"run_cpu"`
	Hops       uint64       `json:"hops"`
	Reordered  uint64       `json:"reordered_hops"`
	Steering   steeringJSON `json:"steering"`
}

// WriteStatJSON writes the snapshot as one JSON document on one line, of type
// "stat", with what was changed meanwhile. The error is the writer's.
func WriteStatJSON(w io.Writer, s *tracer.Snapshot, marks ...Mark) error {
	d := statJSON{
		Type:         "stat",
		Schema:       SchemaVersion,
		Kernel:       s.Run.Kernel,
		Mode:         string(s.Run.Mode),
		Kinds:        kindsOf(&s.Run),
		Hooks:        hooksOf(&s.Run),
		Started:      stamp(s.Run.Started),
		DurationNS:   s.Elapsed.Nanoseconds(),
		WallOffsetNS: s.Run.WallOffsetNS,
		Clocksource:  s.Run.Clocksource,
		Filter:       s.Run.Filter,
		Devices:      make([]statDeviceJSON, len(s.Devices)),
		Flows:        make([]statFlowJSON, len(s.Flows)),
		CPUs:         make([]statCPUJSON, len(s.CPUs)),
		CPUPairs:     make([]cpuPairJSON, len(s.CPUPairs)),
		TCP:          tcpFlowsOf(s),
		Retransmits:  retransmitsOf(&s.Retransmits),
		NetnsTCP:     netnsTCPOf(s),
		Marks:        marksOf(marks),
		Losses:       lossesOf(&s.Losses),
		Cost:         costOf(s),
		Warnings:     list(s.Run.Warnings),
	}
	for i := range s.Devices {
		d.Devices[i] = statDeviceOf(&s.Devices[i])
	}
	resent := sentAgain(s)
	for i := range s.Flows {
		d.Flows[i] = statFlowOf(&s.Flows[i], resent[s.Flows[i].Key])
	}
	for i := range s.CPUs {
		c := &s.CPUs[i]
		d.CPUs[i] = statCPUJSON{
			c.CPU, c.Enqueued, c.Hops, c.Reordered, runnersOf(&c.Runners),
			dropsOf(&c.Drops), queueLenOf(&c.QueueLen), softnetOf(&c.Softnet),
		}
	}
	for i := range s.CPUPairs {
		p := &s.CPUPairs[i]
		d.CPUPairs[i] = cpuPairJSON{p.EnqueueCPU, p.RunCPU, p.Hops, p.Reordered, steeringOf(&p.Steering)}
	}
	return writeLine(w, d, "stat")
}

func statDeviceOf(d *tracer.Device) statDeviceJSON {
	return statDeviceJSON{
		deviceJSON:   deviceOf(d.Name),
		Peer:         deviceOf(d.Peer),
		Kind:         d.Kind.String(),
		Hops:         d.Hops,
		Bytes:        d.Bytes,
		GSOSegs:      d.GSOSegs,
		Missed:       d.Missed,
		DroppedHops:  d.Drops.Total(),
		Drops:        dropsOf(&d.Drops),
		CrossCPUHops: d.CrossCPU,
		Reordered:    d.Reordered,
		Reorder:      orderOf(d.Order),
		Paths:        pathsOf(&d.Paths),
		Runners:      runnersOf(&d.Runners),
		Steering:     steeringOf(&d.Steering),
		Stages:       stagesOf(&d.Counters),
	}
}

func statFlowOf(f *tracer.Flow, resent again) statFlowJSON {
	return statFlowJSON{
		Flow:         flowOf(&f.Key),
		Device:       deviceOf(f.Device),
		Hops:         f.Hops,
		Bytes:        f.Bytes,
		GSOSegs:      f.GSOSegs,
		CrossCPUHops: f.CrossCPU,
		Reordered:    f.Reordered,
		Reorder:      orderOf(f.Order),
		Retransmits:  resent.events,
		RetransSegs:  resent.segs,
		LastTSNS:     f.LastNS,
		Drops:        dropsOf(&f.Drops),
		Paths:        pathsOf(&f.Paths),
		Runners:      runnersOf(&f.Runners),
		Steering:     steeringOf(&f.Steering),
		Stages:       stagesOf(&f.Counters),
	}
}
