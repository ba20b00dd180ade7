// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/google/nftables"
)

// Find evaluates the rules of the namespace at path for a packet. It needs
// CAP_NET_ADMIN there. A kernel without nf_tables has no rules.
func Find(netnsPath string, q Query) (Answer, error) {
	ns, err := os.Open(netnsPath)
	if err != nil {
		return Answer{}, fmt.Errorf("opening network namespace: %w", err)
	}
	defer ns.Close()
	conn, err := nftables.New(nftables.WithNetNSFd(int(ns.Fd())))
	if err != nil {
		return Answer{}, fmt.Errorf("opening netlink to nf_tables: %w", err)
	}
	chains, err := conn.ListChains()
	if err != nil {
		return Answer{}, fmt.Errorf("listing chains of nf_tables: %w", err)
	}
	r := &reader{conn: conn, chains: chains, sets: map[string]*set{}}
	e := evaluation{q: &q, rules: r, certain: true}
	for _, hook := range q.Hooks {
		if !e.hook(hook) {
			break
		}
	}
	if r.err != nil {
		return Answer{}, r.err
	}
	return Answer{Matches: e.matches, Certain: e.certain, Legacy: legacy(ns)}, nil
}

// reader reads rules and sets as they are needed. The first error stays.
type reader struct {
	conn   *nftables.Conn
	chains []*nftables.Chain
	sets   map[string]*set
	err    error
}

// base returns the base chains of a hook in the order in which the kernel runs
// them, for packets of IPv4 or IPv6.
func (r *reader) base(hook string, v6 bool) []*nftables.Chain {
	bridge := strings.HasPrefix(hook, "bridge-")
	hook = strings.TrimPrefix(hook, "bridge-")
	var found []*nftables.Chain
	for _, c := range r.chains {
		if c.Hooknum == nil || c.Table == nil || hookName(c) != hook {
			continue
		}
		switch c.Table.Family {
		case nftables.TableFamilyBridge:
			if !bridge {
				continue
			}
		case nftables.TableFamilyIPv4:
			if bridge || v6 {
				continue
			}
		case nftables.TableFamilyIPv6:
			if bridge || !v6 {
				continue
			}
		default:
			if bridge {
				continue
			}
		}
		found = append(found, c)
	}
	slices.SortStableFunc(found, func(a, b *nftables.Chain) int { return int(priority(a)) - int(priority(b)) })
	return found
}

func priority(c *nftables.Chain) nftables.ChainPriority {
	if c.Priority == nil {
		return 0
	}
	return *c.Priority
}

// hookName is the hook of a base chain. Numbers mean another hook in netdev.
func hookName(c *nftables.Chain) string {
	if c.Table.Family == nftables.TableFamilyNetdev {
		if *c.Hooknum == *nftables.ChainHookIngress {
			return "ingress"
		}
		return "egress"
	}
	names := []string{"prerouting", "input", "forward", "output", "postrouting", "ingress"}
	if n := int(*c.Hooknum); n < len(names) {
		return names[n]
	}
	return ""
}

// rulesOf reads the rules of a chain.
func (r *reader) rulesOf(c *nftables.Chain) []*nftables.Rule {
	rules, err := r.conn.GetRules(c.Table, c)
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("listing rules of chain %s %s: %w", c.Table.Name, c.Name, err)
	}
	return rules
}

// chain finds the chain of this name in a table.
func (r *reader) chain(t *nftables.Table, name string) *nftables.Chain {
	for _, c := range r.chains {
		if c.Name == name && c.Table.Name == t.Name && c.Table.Family == t.Family {
			return c
		}
	}
	return nil
}

// familyName is how nft calls it.
func familyName(f nftables.TableFamily) string {
	switch f {
	case nftables.TableFamilyINet:
		return "inet"
	case nftables.TableFamilyIPv4:
		return "ip"
	case nftables.TableFamilyIPv6:
		return "ip6"
	case nftables.TableFamilyARP:
		return "arp"
	case nftables.TableFamilyNetdev:
		return "netdev"
	case nftables.TableFamilyBridge:
		return "bridge"
	}
	return fmt.Sprint(f)
}
