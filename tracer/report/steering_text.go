// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/vethtrace/vethtrace/tracer"

// steeringTable has why hops were queued on their CPU. It is empty unless
// something else than the CPU of the sender was a reason.
func steeringTable(devices []*tracer.Device) *table {
	steered := false
	for _, d := range devices {
		steered = steered || d.Steering[tracer.SteeringRPS] > 0 || d.Steering[tracer.SteeringRFS] > 0
	}
	if !steered {
		return &table{}
	}
	t := &table{columns: []column{
		{title: "STEERING", left: true, least: 16},
		{title: "none"}, {title: "rps"}, {title: "rfs"}, {title: "unknown"},
	}}
	for _, d := range devices {
		t.row(
			FormatDevice(d.Name),
			FormatPercent(d.Steering[tracer.SteeringNone], d.Hops),
			FormatPercent(d.Steering[tracer.SteeringRPS], d.Hops),
			FormatPercent(d.Steering[tracer.SteeringRFS], d.Hops),
			FormatPercent(d.Steering[tracer.SteeringUnknown], d.Hops),
		)
	}
	return t
}
