// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"

	"github.com/vethtrace/vethtrace/tracer"
)

// dropsTable has the devices that packets were dropped on the way to, by cause.
// It is empty when there were none.
func dropsTable(devices []*tracer.Device) *table {
	t := &table{columns: []column{{title: "DROPS", left: true, least: 16}}}
	var all tracer.Drops
	for _, d := range devices {
		for cause, n := range d.Drops {
			all[cause] += n
		}
	}
	for cause, n := range all {
		if n > 0 {
			t.columns = append(t.columns, column{title: tracer.DropCause(cause).String()})
		}
	}
	for _, d := range devices {
		if d.Drops.Total() == 0 {
			continue
		}
		cells := []string{FormatDevice(d.Name)}
		for cause, n := range d.Drops {
			if all[cause] > 0 {
				cells = append(cells, fmt.Sprint(n))
			}
		}
		t.row(cells...)
	}
	return t
}
