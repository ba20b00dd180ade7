// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// ownTable is what it is called in the lab's own namespace.
const ownTable = "vethtrace"

// natStep hides the containers' addresses behind that of the host's uplink
// device, in a table of the lab's own.
type natStep struct {
	Netns string       `json:"netns"`
	Out   string       `json:"out"`
	From  netip.Prefix `json:"from"`
	Table string       `json:"table"`
}

func (n *natStep) do(s *site) error {
	conn, err := n.open(s)
	if err != nil {
		return err
	}
	table := conn.AddTable(&nftables.Table{Name: n.Table, Family: n.family()})
	chain := conn.AddChain(&nftables.Chain{
		Name: "postrouting", Table: table, Type: nftables.ChainTypeNAT,
		Hooknum: nftables.ChainHookPostrouting, Priority: nftables.ChainPriorityNATSource,
	})
	conn.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: n.rule()})
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("adding NAT in namespace %q: %w", n.Netns, err)
	}
	return nil
}

func (n *natStep) open(s *site) (*nftables.Conn, error) {
	ns, err := s.netns(n.Netns)
	if err != nil {
		return nil, err
	}
	conn, err := nftables.New(nftables.WithNetNSFd(int(ns.Fd())))
	if err != nil {
		return nil, fmt.Errorf("opening nftables in namespace %q: %w", n.Netns, err)
	}
	return conn, nil
}

// undo takes the table away from a host that was there before.
func (n *natStep) undo(s *site) error {
	if k, _ := s.known(n.Netns); k.Made {
		return nil // it goes along
	}
	conn, err := n.open(s)
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil {
		return err
	}
	conn.DelTable(&nftables.Table{Name: n.Table, Family: n.family()})
	if err := conn.Flush(); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("deleting NAT in namespace %q: %w", n.Netns, err)
	}
	return nil
}

func (n *natStep) unscript() []string {
	if n.Table == ownTable {
		return nil
	}
	return []string{in(n.Netns, fmt.Sprintf("nft delete table %s %s", n.familyName(), n.Table))}
}

func (n *natStep) familyName() string {
	if n.From.Addr().Is6() {
		return "ip6"
	}
	return "ip"
}

func (n *natStep) family() nftables.TableFamily {
	if n.From.Addr().Is6() {
		return nftables.TableFamilyIPv6
	}
	return nftables.TableFamilyIPv4
}

// rule is: saddr in From, oifname Out, masquerade. The prefix ends at a byte,
// for which nft compares just the bytes before.
func (n *natStep) rule() []expr.Any {
	saddr := uint32(12)
	if n.From.Addr().Is6() {
		saddr = 8
	}
	size := n.From.Bits() / 8
	out := make([]byte, unix.IFNAMSIZ)
	copy(out, n.Out)
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: saddr, Len: uint32(size)},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: n.From.Addr().AsSlice()[:size]},
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: 1},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: out},
		&expr.Masq{},
	}
}

func (n *natStep) script() []string {
	family := n.familyName()
	rules := fmt.Sprintf("table %s %s { chain postrouting { type nat hook postrouting priority srcnat; %s saddr %v oifname %q masquerade; }; }",
		family, n.Table, family, n.From, n.Out)
	return []string{in(n.Netns, "nft "+quote(rules))}
}
