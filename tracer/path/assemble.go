// SPDX-License-Identifier: Apache-2.0

package path

import (
	"cmp"
	"slices"
	"time"
)

const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
)

// journey puts together what was seen of one packet. sent is whether it was sent
// as a probe, and not just watched.
func journey(p Probe, seen []sighting, sent bool) (out, back []sighting, resent int) {
	seen = slices.Clone(seen)
	slices.SortStableFunc(seen, func(a, b sighting) int { return cmp.Compare(a.TSNS, b.TSNS) })
	for _, s := range withoutCopies(seen) {
		// From an address to itself, question and answer have one flow.
		if sent && p.Flow.Src.Addr() == p.Flow.Dst.Addr() && s.reply {
			s.back = true
		}
		if s.back {
			back = append(back, s)
		} else if s.ICMP == nil { // an error about the answer is nobody's
			out = append(out, s)
		}
	}
	out, back = once(out), once(back)
	out, resent = lastSent(out, back)
	return out, back, resent
}

// withoutCopies leaves out copies that a bridge made for others.
func withoutCopies(seen []sighting) []sighting {
	type place struct {
		skb   uint64
		netns uint32
	}
	copies := make(map[place]bool)
	for _, s := range seen {
		if s.copied {
			copies[place{s.SKB, s.Device.Netns}] = true
		}
	}
	return slices.DeleteFunc(seen, func(s sighting) bool {
		return s.copied || s.Point == PointReceive && copies[place{s.SKB, s.Device.Netns}]
	})
}

// once leaves out that a packet is received by a device a second time: GRO
// passes it on.
func once(seen []sighting) (all []sighting) {
	for i, s := range seen {
		if i > 0 && s.Point == PointReceive && seen[i-1].Point == PointReceive &&
			s.SKB == seen[i-1].SKB && s.Device == seen[i-1].Device {
			continue
		}
		all = append(all, s)
	}
	return all
}

// resendAfter is less than any retransmission timeout of a first packet (1 s),
// and more than a packet takes to come by one place twice.
const resendAfter = 500 * time.Millisecond

// lastSent splits what the kernel sent more than once, and returns the one that
// was answered, or else the first.
func lastSent(out, back []sighting) (one []sighting, resent int) {
	if len(out) == 0 {
		return nil, 0
	}
	var begins []int
	for i, s := range out {
		if s.Point == out[0].Point && s.Device == out[0].Device &&
			(i == 0 || s.TSNS-out[begins[len(begins)-1]].TSNS >= uint64(resendAfter)) {
			begins = append(begins, i)
		}
	}
	chosen := 0
	for n, i := range begins {
		if len(back) > 0 && out[i].TSNS < back[0].TSNS {
			chosen = n
		}
	}
	end := len(out)
	if chosen+1 < len(begins) {
		end = begins[chosen+1]
	}
	return out[begins[chosen]:end], len(begins) - 1
}

// public returns what users of the package see.
func public(seen []sighting) []Sighting {
	all := make([]Sighting, len(seen))
	for i := range seen {
		all[i] = seen[i].Sighting
	}
	return all
}
