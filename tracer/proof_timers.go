// SPDX-License-Identifier: Apache-2.0

package tracer

// timers is a heap of the retransmits that wait for their verdict, the first due
// on top; also those that got it before their time.
type timers []timer

type timer struct {
	dueNS uint64
	w     *pending
}

func (t *timers) push(dueNS uint64, w *pending) {
	h := append(*t, timer{dueNS, w})
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if h[parent].dueNS <= h[i].dueNS {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
	*t = h
}

func (t *timers) pop() *pending {
	h := *t
	w, last := h[0].w, len(h)-1
	h[0], h[last] = h[last], timer{}
	h = h[:last]
	for i := 0; ; {
		first := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if h[child].dueNS < h[first].dueNS {
				first = child
			}
		}
		if first == i {
			break
		}
		h[i], h[first] = h[first], h[i]
		i = first
	}
	*t = h
	return w
}
