// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"bytes"
	"encoding/binary"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// packet is one while a rule looks at it: what its registers hold, and what was
// understood of the rule in words.
type packet struct {
	q     *Query
	hook  string
	table *nftables.Table
	sets  source
	regs  map[uint32]register
	words []string
	// packets is the rule's counter.
	packets *uint64
}

// register is a value that was loaded: nil data is one that is not known.
type register struct {
	data []byte
	// name is what it is, in nft's words.
	name string
}

// verdict is what a rule says of packets that match.
type verdict struct {
	kind   expr.VerdictKind
	chain  string
	reject bool
}

// slot maps the four registers of 16 bytes to the first of the 32-bit ones that
// they are made of.
func slot(reg uint32) uint32 {
	if reg >= unix.NFT_REG_1 && reg <= unix.NFT_REG_4 {
		return unix.NFT_REG32_00 + (reg-unix.NFT_REG_1)*4
	}
	return reg
}

func (p *packet) load(reg uint32, name string, data []byte) {
	if p.regs == nil {
		p.regs = map[uint32]register{}
	}
	p.regs[slot(reg)] = register{data, name}
}

// run evaluates a rule: what it says, and whether the packet matches.
func (p *packet) run(exprs []expr.Any) (v *verdict, matches truth) {
	matches = yes
	for _, x := range exprs {
		t := p.step(x, &v)
		if t == no {
			return nil, no
		}
		matches = min(matches, t)
		if v != nil && v.kind != expr.VerdictContinue {
			break
		}
	}
	return v, matches
}

// step evaluates one expression. It sets *v at the rule's verdict.
func (p *packet) step(x expr.Any, v **verdict) truth {
	switch x := x.(type) {
	case *expr.Meta:
		if x.SourceRegister {
			return yes // sets something
		}
		return p.meta(x)
	case *expr.Payload:
		return p.payload(x)
	case *expr.Ct:
		return p.ct(x)
	case *expr.Bitwise:
		p.bitwise(x)
	case *expr.Cmp:
		return p.cmp(x)
	case *expr.Range:
		return p.between(x)
	case *expr.Lookup:
		return p.lookup(x, v)
	case *expr.Counter:
		p.packets = &x.Packets
	case *expr.Verdict:
		*v = &verdict{kind: x.Kind, chain: x.Chain}
		p.say(verdictWord(x))
	case *expr.Reject:
		*v = &verdict{kind: expr.VerdictDrop, reject: true}
		p.say("reject")
	case *expr.Target:
		return p.target(x, v)
	case *expr.Match:
		if x.Name == "comment" {
			return yes
		}
		p.say("xt " + x.Name + " ...")
		return maybe
	case *expr.Log, *expr.Notrack, *expr.NAT, *expr.Masq, *expr.Redir, *expr.Immediate, *expr.Objref:
		// No condition.
	default:
		p.say("...")
		return maybe
	}
	return yes
}

// target is one of iptables-nft.
func (p *packet) target(x *expr.Target, v **verdict) truth {
	p.say("xt " + x.Name)
	switch x.Name {
	case "REJECT":
		*v = &verdict{kind: expr.VerdictDrop, reject: true}
	case "DROP":
		*v = &verdict{kind: expr.VerdictDrop}
	case "NFQUEUE":
		*v = &verdict{kind: expr.VerdictQueue}
	}
	return yes
}

func (p *packet) bitwise(x *expr.Bitwise) {
	from := p.regs[slot(x.SourceRegister)]
	if from.data == nil || len(x.Mask) < len(from.data) || len(x.Xor) < len(from.data) {
		p.load(x.DestRegister, from.name, nil)
		return
	}
	out := make([]byte, len(from.data))
	for i := range out {
		out[i] = from.data[i]&x.Mask[i] ^ x.Xor[i]
	}
	p.load(x.DestRegister, from.name+maskWord(x.Mask), out)
}

func (p *packet) cmp(x *expr.Cmp) truth {
	r := p.regs[slot(x.Register)]
	p.say(cmpWords(r.name, x))
	if r.data == nil || len(r.data) < len(x.Data) {
		return maybe
	}
	// Of a name that is compared in part, only that.
	return compared(x.Op, bytes.Compare(r.data[:len(x.Data)], x.Data))
}

func compared(op expr.CmpOp, c int) truth {
	ok := false
	switch op {
	case expr.CmpOpEq:
		ok = c == 0
	case expr.CmpOpNeq:
		ok = c != 0
	case expr.CmpOpLt:
		ok = c < 0
	case expr.CmpOpLte:
		ok = c <= 0
	case expr.CmpOpGt:
		ok = c > 0
	case expr.CmpOpGte:
		ok = c >= 0
	default:
		return maybe
	}
	if ok {
		return yes
	}
	return no
}

func (p *packet) between(x *expr.Range) truth {
	r := p.regs[slot(x.Register)]
	p.say(r.name + " in a range")
	if r.data == nil || len(r.data) != len(x.FromData) || len(r.data) != len(x.ToData) {
		return maybe
	}
	in := bytes.Compare(r.data, x.FromData) >= 0 && bytes.Compare(r.data, x.ToData) <= 0
	if in == (x.Op == expr.CmpOpEq) {
		return yes
	}
	return no
}

func (p *packet) lookup(x *expr.Lookup, v **verdict) truth {
	r := p.regs[slot(x.SourceRegister)]
	not := ""
	if x.Invert {
		not = "!= "
	}
	p.say(r.name + " " + not + "@" + x.SetName)
	if r.data == nil {
		return maybe
	}
	s := p.sets.set(p.table, x.SetName)
	says, found := s.find(r.data)
	if s.verdicts || x.IsDestRegSet {
		// A map: with verdicts, it decides; else it gives what is not followed.
		if found == yes && says != nil {
			*v = &verdict{kind: says.Kind, chain: says.Chain}
			p.say(": " + verdictWord(says))
		}
		if found == yes {
			p.load(x.DestRegister, "@"+x.SetName, nil)
		}
		return found
	}
	if x.Invert {
		return yes - found
	}
	return found
}

// ct knows the connection's state only: whether the packet is its first.
func (p *packet) ct(x *expr.Ct) truth {
	if x.SourceRegister {
		return yes
	}
	if x.Key != expr.CtKeySTATE {
		p.load(x.Register, "ct ...", nil)
		return yes
	}
	state := expr.CtStateBitESTABLISHED
	if p.q.New {
		state = expr.CtStateBitNEW
	}
	p.load(x.Register, "ct state", binary.NativeEndian.AppendUint32(nil, state))
	return yes
}
