// SPDX-License-Identifier: Apache-2.0

package tui

// view is one of the tables that tab goes through.
type view struct {
	name    string
	columns []column
	// sort is the index of the column that the table is sorted by at first.
	sort int
}

// views returns the tables in the order of their viewID.
func views() [numViews]view {
	devices, cpus, flows := deviceColumns(), cpuColumns(), flowColumns()
	reorder, retransmits := reorderColumns(), retransmitColumns()
	return [numViews]view{
		viewDevices:     {"Devices", devices, columnIndex(devices, "total p99")},
		viewCPUs:        {"CPUs", cpus, columnIndex(cpus, "cpu")},
		viewFlows:       {"Flows", flows, columnIndex(flows, "hops/s")},
		viewReorder:     {"Reorder", reorder, columnIndex(reorder, "reord hops/s")},
		viewRetransmits: {"Retransmits", retransmits, columnIndex(retransmits, "segs/s")},
	}
}

func columnIndex(columns []column, label string) int {
	for i := range columns {
		if columns[i].label() == label {
			return i
		}
	}
	return 0
}

// singular is what one row of the view is called.
func (v viewID) singular() string {
	return [...]string{"device", "CPU", "flow", "flow", "TCP flow"}[v]
}
