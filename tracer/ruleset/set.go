// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// set is a set or map with its elements, in the order of their keys.
type set struct {
	elements []nftables.SetElement
	interval bool
	// verdicts is whether it is a map that says what becomes of a packet.
	verdicts bool
	// odd is a set whose look-up is not understood.
	odd bool
}

func (r *reader) set(t *nftables.Table, name string) *set {
	key := familyName(t.Family) + " " + t.Name + " " + name
	if s, ok := r.sets[key]; ok {
		return s
	}
	s := &set{odd: true}
	r.sets[key] = s
	info, err := r.conn.GetSetByName(t, name)
	if err != nil {
		return s
	}
	elements, err := r.conn.GetSetElements(info)
	if err != nil {
		if r.err == nil {
			r.err = fmt.Errorf("listing elements of set %s %s: %w", t.Name, name, err)
		}
		return s
	}
	slices.SortStableFunc(elements, func(a, b nftables.SetElement) int {
		if c := bytes.Compare(a.Key, b.Key); c != 0 {
			return c
		}
		// What ends one interval comes before the next one's beginning.
		return b2i(b.IntervalEnd) - b2i(a.IntervalEnd)
	})
	// Ranges of several fields at once are kept otherwise (KeyEnd).
	concatenated := slices.ContainsFunc(elements, func(e nftables.SetElement) bool { return len(e.KeyEnd) > 0 })
	verdicts := info.IsMap && (info.KeyType.Name == "verdict" || info.DataType.Name == "verdict")
	if verdicts {
		for i := range elements {
			elements[i].VerdictData = verdictOf(elements[i].Val)
		}
	}
	*s = set{elements: elements, interval: info.Interval, verdicts: verdicts, odd: concatenated}
	return s
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// find looks a key up: what its element says, if there is one.
func (s *set) find(key []byte) (verdict *expr.Verdict, found truth) {
	if s.odd || len(key) == 0 {
		return nil, maybe
	}
	var last *nftables.SetElement
	for i := range s.elements {
		e := &s.elements[i]
		if len(e.Key) != len(key) {
			return nil, maybe
		}
		if c := bytes.Compare(e.Key, key); c == 0 && !e.IntervalEnd {
			return e.VerdictData, yes
		} else if c > 0 {
			break
		}
		last = e
	}
	if s.interval && last != nil && !last.IntervalEnd {
		return last.VerdictData, yes
	}
	return nil, no
}

// verdictOf decodes the netlink attributes of an element's verdict, which the
// library leaves as they are: NFTA_VERDICT_CODE and NFTA_VERDICT_CHAIN. nil if
// they are not that.
func verdictOf(data []byte) *expr.Verdict {
	const header = 4
	var v *expr.Verdict
	for len(data) >= header {
		length := int(binary.NativeEndian.Uint16(data))
		if length < header || length > len(data) {
			return v
		}
		value := data[header:length]
		switch kind := binary.NativeEndian.Uint16(data[2:]) &^ unix.NLA_F_NESTED; {
		case kind == unix.NFTA_VERDICT_CODE && len(value) == 4:
			v = &expr.Verdict{Kind: expr.VerdictKind(int32(binary.BigEndian.Uint32(value)))}
		case kind == unix.NFTA_VERDICT_CHAIN && v != nil:
			v.Chain = string(bytes.TrimRight(value, "\x00"))
		}
		data = data[min((length+3)&^3, len(data)):]
	}
	return v
}
