// SPDX-License-Identifier: Apache-2.0

package tracer

// seqRange is bytes of a TCP connection, [seq, end): sequence numbers wrap.
type seqRange struct{ seq, end uint32 }

// maxWindow is the largest window TCP has, so that no two packets of a
// connection under way at once are further apart (RFC 7323, section 2.3).
const maxWindow = 1 << 30

// bytesOf returns a range and whether it is one: it has bytes, and no more than
// a window.
func bytesOf(seq, end uint32) (seqRange, bool) {
	return seqRange{seq, end}, end-seq-1 < maxWindow
}

// overlaps says whether two ranges, neither of them empty, share a byte.
func (r seqRange) overlaps(o seqRange) bool {
	return r.seq-o.seq < o.end-o.seq || o.seq-r.seq < r.end-r.seq
}

// holds says whether all of o is in r.
func (r seqRange) holds(o seqRange) bool {
	return o.seq-r.seq < r.end-r.seq && o.end-o.seq <= r.end-o.seq
}

// reaches says whether all bytes before end are before una.
func reaches(una, end uint32) bool { return int32(una-end) >= 0 }

// history is the newest things of a flow that are about a range of bytes.
type history[T any] struct {
	// limit is how many there may be.
	limit int
	// Entry i is at i modulo the length, a power of two; those from first up
	// to next are there.
	spans       []span
	values      []T
	first, next uint64
}

// span is apart from the values so that looking for a range reads little
// memory.
type span struct {
	seqRange
	// high is the largest end so far. Everything sent before a byte was sent
	// for the first time is below it, so the search for that byte may stop.
	high uint32
	tsNS uint64
}

func (h *history[T]) len() int { return int(h.next - h.first) }

func (h *history[T]) at(i uint64) *T { return &h.values[i&uint64(len(h.values)-1)] }

func (h *history[T]) spanAt(i uint64) *span { return &h.spans[i&uint64(len(h.spans)-1)] }

// add makes room for a value by forgetting the oldest when there are limit.
func (h *history[T]) add(r seqRange, tsNS uint64) *T {
	if h.len() == h.limit {
		h.first++
	}
	if h.len() == len(h.spans) {
		h.grow()
	}
	high := r.end
	if h.len() > 0 {
		// Further back than a window cannot be: the sequence has jumped ahead.
		if last := h.spanAt(h.next - 1).high; last-high <= maxWindow {
			high = last
		}
	}
	*h.spanAt(h.next) = span{r, high, tsNS}
	h.next++
	return h.at(h.next - 1)
}

func (h *history[T]) grow() {
	old := *h
	n := max(8, 2*len(old.spans))
	h.spans, h.values = make([]span, n), make([]T, n)
	for i := h.first; i < h.next; i++ {
		*h.spanAt(i), *h.at(i) = *old.spanAt(i), *old.at(i)
	}
}

// before returns the newest entry before i that overlaps r.
func (h *history[T]) before(i uint64, r seqRange) (uint64, bool) {
	for i > h.first {
		i--
		s := h.spanAt(i)
		if reaches(r.seq, s.high) {
			break
		}
		if s.overlaps(r) {
			return i, true
		}
	}
	return 0, false
}

// forget drops the oldest entries up to the first that is newer than tsNS.
func (h *history[T]) forget(tsNS uint64) {
	for h.first < h.next && h.spanAt(h.first).tsNS <= tsNS {
		h.first++
	}
}

// release gives back the memory.
func (h *history[T]) release() { *h = history[T]{limit: h.limit} }
