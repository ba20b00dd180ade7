// SPDX-License-Identifier: Apache-2.0

package tracer

// netstats is what network namespaces had counted when the trace started.
type netstats struct {
	start map[uint32]netCounters
	// unread are those that were there but could not be read.
	unread map[uint32]bool
}

// newNetstats reads the counters of all namespaces there are.
func newNetstats(all []Netns) *netstats {
	n := &netstats{start: make(map[uint32]netCounters), unread: make(map[uint32]bool)}
	for _, ns := range all {
		c, err := readNetstat(ns.Path)
		if err != nil {
			n.unread[ns.Inode] = true
			continue
		}
		n.start[ns.Inode] = c
	}
	return n
}

// growth returns what a namespace has counted since the start. One that was not
// there began at 0; of one that cannot be read, now or then, nothing is known.
func (n *netstats) growth(ns Netns) (NetnsTCP, bool) {
	// A path such as /proc/PID/ns/net may be another namespace's by now.
	if inode, err := netnsInode(ns.Path); err != nil || inode != ns.Inode || n.unread[ns.Inode] {
		return NetnsTCP{}, false
	}
	now, err := readNetstat(ns.Path)
	if err != nil {
		return NetnsTCP{}, false
	}
	return NetnsTCP{Netns: ns.Inode, NetnsName: ns.Name, Counters: now.since(n.start[ns.Inode])}, true
}

// since returns the growth from an earlier reading. Counters never shrink: where
// one has, the namespace is another one with the same inode.
func (c netCounters) since(start netCounters) netCounters {
	for i, n := range start {
		if c[i] < n {
			start = netCounters{}
		}
	}
	for i := range c {
		if c[i] != noCounter {
			c[i] -= max(start[i], 0)
		}
	}
	return c
}
