// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// say adds to the rule's text.
func (p *packet) say(words string) { p.words = append(p.words, words) }

func verdictWord(v *expr.Verdict) string {
	switch v.Kind {
	case expr.VerdictAccept:
		return "accept"
	case expr.VerdictDrop:
		return "drop"
	case expr.VerdictReturn:
		return "return"
	case expr.VerdictContinue:
		return "continue"
	case expr.VerdictQueue:
		return "queue"
	case expr.VerdictJump:
		return "jump " + v.Chain
	case expr.VerdictGoto:
		return "goto " + v.Chain
	}
	return "..."
}

// maskWord is the mask of a prefix as its length; others are not spelt out.
func maskWord(mask []byte) string {
	if len(mask) != 4 && len(mask) != 16 {
		return ""
	}
	ones := 0
	for i := range mask {
		for bit := 7; bit >= 0; bit-- {
			if mask[i]>>bit&1 == 0 {
				if len(bytes.Trim(mask[i+1:], "\x00")) > 0 {
					return ""
				}
				return fmt.Sprintf("/%d", ones)
			}
			ones++
		}
	}
	return ""
}

// cmpWords is a comparison as nft writes it.
func cmpWords(name string, x *expr.Cmp) string {
	if name == "" {
		name = "..."
	}
	op := map[expr.CmpOp]string{expr.CmpOpEq: "", expr.CmpOpNeq: "!= ", expr.CmpOpLt: "< ", expr.CmpOpLte: "<= ", expr.CmpOpGt: "> ", expr.CmpOpGte: ">= "}[x.Op]
	name, mask, _ := strings.Cut(name, "/")
	value := valueWord(name, x.Data)
	if mask != "" && strings.HasSuffix(name, "addr") {
		value += "/" + mask
	}
	if name == "ct state" {
		return stateWords(x)
	}
	return name + " " + op + value
}

// stateWords is a test of bits, which are left after a mask.
func stateWords(x *expr.Cmp) string {
	if x.Op == expr.CmpOpNeq {
		return "ct state (some)"
	}
	return "ct state (others)"
}

func valueWord(name string, data []byte) string {
	switch {
	case strings.HasSuffix(name, "ifname"):
		text := string(bytes.TrimRight(data, "\x00"))
		if len(data) > 0 && data[len(data)-1] != 0 && len(data) < ifnameBytes {
			text += "*"
		}
		return fmt.Sprintf("%q", text)
	case strings.HasSuffix(name, "addr"):
		full := make([]byte, map[bool]int{true: 16, false: 4}[strings.HasPrefix(name, "ip6")])
		if len(data) <= len(full) {
			copy(full, data)
			a, _ := netip.AddrFromSlice(full)
			if len(data) < len(full) {
				return fmt.Sprintf("%s/%d", a, 8*len(data))
			}
			return a.String()
		}
	case strings.HasSuffix(name, "port") && len(data) == 2:
		return fmt.Sprint(binary.BigEndian.Uint16(data))
	case len(data) == 1:
		return protoWord(data[0])
	}
	return fmt.Sprintf("0x%x", data)
}

func protoWord(n byte) string {
	if word := map[byte]string{1: "icmp", 2: "ipv4", 6: "tcp", 10: "ipv6", 17: "udp", 58: "icmpv6"}[n]; word != "" {
		return word
	}
	return fmt.Sprint(n)
}

// place is a chain as nft's commands name it.
func place(c *nftables.Chain) string {
	return familyName(c.Table.Family) + " " + c.Table.Name + " " + c.Name
}

// rule is the match of a rule.
func (e *evaluation) rule(p *packet, r *nftables.Rule, c *nftables.Chain, hook string, reject bool) Match {
	m := Match{
		Family: familyName(c.Table.Family), Table: c.Table.Name, Chain: c.Name, Hook: hook, Handle: r.Handle, Reject: reject, Packets: p.packets,
		Cure: fmt.Sprintf("nft delete rule %s handle %d", place(c), r.Handle),
	}
	m.Text = fmt.Sprintf("%s handle %d: %s", place(c), r.Handle, strings.Join(p.words, " "))
	return m
}

// policy is the match of a base chain's policy. What cures it lets this pair of
// addresses pass, both ways.
func (e *evaluation) policy(c *nftables.Chain, hook string) Match {
	ip := "ip"
	if e.q.v6() {
		ip = "ip6"
	}
	src, dst := e.q.Flow.Src.Addr(), e.q.Flow.Dst.Addr()
	accept := func(from, to netip.Addr) string {
		return fmt.Sprintf("insert rule %s %s saddr %s %s daddr %s accept", place(c), ip, from, ip, to)
	}
	return Match{
		Family: familyName(c.Table.Family), Table: c.Table.Name, Chain: c.Name, Hook: hook,
		Text: place(c) + ": policy drop",
		Cure: fmt.Sprintf("nft '%s; %s'", accept(src, dst), accept(dst, src)),
	}
}
