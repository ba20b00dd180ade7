// SPDX-License-Identifier: Apache-2.0

package tracer

// retransmit takes a retransmit, without verdict and chain, and its socket's
// state.
func (p *proof) retransmit(r *Retransmit, s socketState) {
	f := p.flow(r.Flow, r.TSNS)
	if newest := p.sender(f, r.Netns, r.TSNS, &s); newest {
		f.sender.Dev, f.sender.Peer, f.sender.NetnsName = r.Dev, r.Peer, r.NetnsName
	}
	if r.Failed {
		p.total.Failed++
		f.sender.Failed++
		return
	}
	p.total.sent(r)
	f.sender.sent(r)
	// A listening socket has sent nothing.
	if r.Class != ClassSYNACK {
		p.acked(f, s.sndUna, r.TSNS)
	}
	w := &pending{
		Retransmit: *r,
		flow:       f,
		sackOK:     s.sackOK,
		watched:    p.watching && r.TSNS >= p.watchNS,
		dsacks:     s.dsacks,
	}
	w.Verdict, w.Spurious, w.Chain = VerdictUnknown, NotSpurious, Chain{}
	var ok bool
	if w.bytes, ok = bytesOf(r.Seq, r.EndSeq); !ok {
		w.bytes.end = w.bytes.seq + 1
	}
	f.again(w)
	f.explain(w)
	f.follow(w)
	for f.waiting.len() >= maxWaiting {
		p.decide(*f.waiting.at(f.waiting.first))
	}
	w.index = f.waiting.next
	*f.waiting.add(w.bytes, w.TSNS) = w
	if !p.decideProven(w) {
		p.timers.push(w.TSNS+w.settleNS(), w)
	}
}

// sender takes the state of a flow's sending socket at tsNS, and says whether it
// is the newest. A socket that has sent less again than before is another one.
func (p *proof) sender(f *proofFlow, netns uint32, tsNS uint64, s *socketState) (newest bool) {
	if f.sender == nil {
		f.sender = new(TCPSender)
	} else if tsNS < f.senderNS {
		return false
	} else if s.totalRetrans < f.totalRetrans && tsNS > f.senderNS {
		p.renew(f)
	}
	f.senderNS, f.totalRetrans = tsNS, s.totalRetrans
	f.sender.Netns = netns
	f.sender.Cwnd, f.sender.SRTTUs = s.cwnd, s.srttUs
	f.sender.ReordSeen, f.sender.DSACKs = s.reordSeen, s.dsacks
	return true
}

// again looks at the retransmits of the same bytes that came before: when its
// timer expires, their packets were lost too.
func (f *proofFlow) again(w *pending) {
	if w.byTimer() {
		for i := range f.recent {
			w.after(&f.recent[i])
		}
	}
	for i, ok := f.waiting.before(f.waiting.next, w.bytes); ok; i, ok = f.waiting.before(i, w.bytes) {
		earlier := *f.waiting.at(i)
		if earlier == nil || earlier.TSNS >= w.TSNS {
			continue
		}
		w.after(&earlier.Retransmit)
		if w.Class == ClassRTO && earlier.Chain.AckedNS == 0 {
			earlier.lostAgain = true
		}
	}
}

// after notes when its bytes were sent again before.
func (w *pending) after(r *Retransmit) {
	if r.TSNS < w.TSNS && r.TSNS > w.earlierNS && (seqRange{r.Seq, r.EndSeq}).holds(w.bytes) {
		w.earlierNS, w.explained = r.TSNS, r.Chain.Dropped
	}
}

// explain looks for what led to it.
func (f *proofFlow) explain(w *pending) {
	for i, ok := f.holes.before(f.holes.next, w.bytes); ok; i, ok = f.holes.before(i, w.bytes) {
		w.told(&w.Chain.HoleNS, f.holes.spanAt(i).tsNS)
	}
	for i, ok := f.sacks.before(f.sacks.next, w.bytes); ok; i, ok = f.sacks.before(i, w.bytes) {
		w.told(&w.Chain.SACKNS, f.sacks.spanAt(i).tsNS)
	}
	for i, ok := f.lates.before(f.lates.next, w.bytes); ok; i, ok = f.lates.before(i, w.bytes) {
		w.overtaken(f.lates.at(i))
	}
	for i, ok := f.drops.before(f.drops.next, w.bytes); ok; i, ok = f.drops.before(i, w.bytes) {
		w.dropped(f.drops.at(i))
	}
}

// follow looks for what became of it, in case that was told before.
func (f *proofFlow) follow(w *pending) {
	if f.unaNS > w.TSNS && reaches(f.una, w.bytes.end) {
		w.Chain.AckedNS = f.unaNS
	}
	for by := range f.unclaimed {
		h := &f.unclaimed[by]
		for i, ok := h.before(h.next, w.bytes); ok; i, ok = h.before(i, w.bytes) {
			if s := h.spanAt(i); !*h.at(i) && w.claim(reporter(by), s.seqRange, s.tsNS) {
				*h.at(i) = true
			}
		}
	}
	for i, ok := f.undos.before(f.undos.next, w.bytes); ok; i, ok = f.undos.before(i, w.bytes) {
		w.undone(f.undos.spanAt(i).tsNS)
	}
}
