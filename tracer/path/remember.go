// SPDX-License-Identifier: Apache-2.0

package path

import (
	"net/netip"
	"sync"

	"github.com/vethtrace/vethtrace/tracer"
)

// remembered asks a world once for each thing.
type remembered struct {
	world
	mu     sync.Mutex
	local  map[place]bool
	leaver map[tracer.DeviceID]bool
}

type place struct {
	netns uint32
	addr  netip.Addr
}

func (r *remembered) isLocal(netns uint32, addr netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.local == nil {
		r.local = make(map[place]bool)
	}
	known, ok := r.local[place{netns, addr}]
	if !ok {
		known = r.world.isLocal(netns, addr)
		r.local[place{netns, addr}] = known
	}
	return known
}

func (r *remembered) leaves(d tracer.DeviceID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.leaver == nil {
		r.leaver = make(map[tracer.DeviceID]bool)
	}
	known, ok := r.leaver[d]
	if !ok {
		known = r.world.leaves(d)
		r.leaver[d] = known
	}
	return known
}
