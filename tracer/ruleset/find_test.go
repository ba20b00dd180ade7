// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

// inNetns makes a namespace and returns its path and what runs a command in it.
func inNetns(t *testing.T) (path string, run func(args ...string) string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	for _, tool := range []string{"ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs", tool)
		}
	}
	name := fmt.Sprintf("vethtrace-rules-%d", os.Getpid())
	command := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
		return string(out)
	}
	command("ip", "netns", "add", name)
	t.Cleanup(func() { command("ip", "netns", "del", name) })
	return "/run/netns/" + name, func(args ...string) string {
		return command(append([]string{"ip", "netns", "exec", name}, args...)...)
	}
}

func flow(proto uint8, src, dst string) tracer.FlowKey {
	return tracer.FlowKey{Proto: proto, Src: netip.MustParseAddrPort(src), Dst: netip.MustParseAddrPort(dst)}
}

// TestFind sets rules with nft, and asks for packets. That the kernel does the
// same is what the tests of vethtrace path show.
func TestFind(t *testing.T) {
	path, run := inNetns(t)
	ask := func(q Query) Answer {
		t.Helper()
		a, err := Find(path, q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	web := Query{Hooks: []string{"prerouting", "forward", "postrouting"}, Flow: flow(6, "10.1.0.2:40000", "10.2.0.2:80"), In: "br0", Out: "eth0", New: true}
	if a := ask(web); len(a.Matches) > 0 || !a.Certain || a.Legacy {
		t.Errorf("of no rules: got %+v", a)
	}
	for _, c := range []struct {
		name, rules string
		change      func(q *Query)
		// chain and word are of the only match, empty for none.
		chain, word string
		// several are matches when it cannot be told.
		several int
	}{
		{name: "a policy", rules: "chain f { type filter hook forward priority 0; policy drop; }", chain: "f", word: "policy drop"},
		{name: "accepted before the policy", rules: "chain f { type filter hook forward priority 0; policy drop; ip saddr 10.1.0.0/16 tcp dport { 80, 443 } accept; }"},
		{name: "another port", rules: "chain f { type filter hook forward priority 0; policy drop; tcp dport { 81, 443 } accept; }", chain: "f", word: "policy"},
		{name: "a jump", rules: "chain u { iifname \"br*\" tcp dport 80 counter drop; }; chain f { type filter hook forward priority 0; jump u; }", chain: "u", word: "tcp dport 80 drop"},
		{name: "a jump that returns", rules: "chain u { tcp dport 80 return; drop; }; chain f { type filter hook forward priority 0; jump u; }"},
		{name: "a goto past the rest", rules: "chain u { tcp dport 81 drop; }; chain f { type filter hook forward priority 0; goto u; drop; }"},
		{name: "a range", rules: "chain f { type filter hook forward priority 0; tcp dport 79-81 drop; }", chain: "f", word: "drop"},
		{name: "outside of a range", rules: "chain f { type filter hook forward priority 0; tcp dport 81-90 drop; }"},
		{name: "intervals", rules: "chain f { type filter hook forward priority 0; ip daddr { 10.0.0.0/24, 10.2.0.0/24 } drop; }", chain: "f", word: "drop"},
		{name: "between intervals", rules: "chain f { type filter hook forward priority 0; ip daddr { 10.0.0.0/24, 10.3.0.0/24 } drop; }"},
		{name: "a verdict map", rules: "chain f { type filter hook forward priority 0; tcp dport vmap { 22 : accept, 80 : drop }; }", chain: "f", word: "drop"},
		{name: "a verdict map that jumps", rules: "chain u { counter drop; }; chain f { type filter hook forward priority 0; tcp dport vmap { 22 : accept, 80 : jump u }; }", chain: "u", word: "drop"},
		{name: "established only", rules: "chain f { type filter hook forward priority 0; policy drop; ct state established,related accept; }", chain: "f", word: "policy"},
		{name: "an answer", rules: "chain f { type filter hook forward priority 0; policy drop; ct state established,related accept; }", change: func(q *Query) { q.New = false }},
		{name: "reject", rules: "chain f { type filter hook forward priority 0; reject with icmpx admin-prohibited; }", chain: "f", word: "reject"},
		{name: "the other device", rules: "chain f { type filter hook forward priority 0; iifname != \"br0\" drop; oifname \"eth1\" drop; }"},
		{name: "another hook", rules: "chain i { type filter hook input priority 0; policy drop; }"},
		{name: "the earlier one", rules: "chain a { type filter hook forward priority 10; drop; }; chain b { type filter hook forward priority -10; ip protocol tcp drop; }", chain: "b", word: "drop"},
		{name: "accepted in one chain only", rules: "chain a { type filter hook forward priority -10; accept; }; chain b { type filter hook forward priority 10; drop; }", chain: "b", word: "drop"},
		{name: "not understood", rules: "chain f { type filter hook forward priority 0; meta mark 7 drop; tcp dport 80 drop; }", several: 2},
		{name: "IPv6 only", rules: "chain f { type filter hook forward priority 0; meta nfproto ipv6 drop; ip6 saddr ::/0 drop; }"},
		{name: "IPv6", rules: "chain f { type filter hook forward priority 0; ip6 daddr fd02::/64 udp dport 53 drop; }", chain: "f", word: "ip6 daddr fd02::/64",
			change: func(q *Query) { q.Flow = flow(17, "[fd01::2]:40000", "[fd02::2]:53") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			run("nft", "table inet t {\n"+strings.ReplaceAll(c.rules, "}; chain", "}\nchain")+"\n}\n")
			defer run("nft", "delete", "table", "inet", "t")
			q := web
			if c.change != nil {
				c.change(&q)
			}
			a := ask(q)
			if c.several > 0 {
				if len(a.Matches) != c.several || a.Certain {
					t.Errorf("got %+v, want %d candidates", a, c.several)
				}
				return
			}
			if !a.Certain || (len(a.Matches) == 1) != (c.chain != "") || len(a.Matches) > 1 {
				t.Fatalf("got %+v, want chain %q", a, c.chain)
			}
			if c.chain == "" {
				return
			}
			m := a.Matches[0]
			if m.Chain != c.chain || m.Family != "inet" || m.Table != "t" || !strings.Contains(m.Text, c.word) {
				t.Errorf("got %+v, want %q in chain %s", m, c.word, c.chain)
			}
			// nft's own numbers, and its own understanding of the cure.
			list := run("nft", "-a", "list", "chain", "inet", "t", m.Chain)
			if m.Handle > 0 && !strings.Contains(list, fmt.Sprintf("# handle %d\n", m.Handle)) {
				t.Errorf("no handle %d in\n%s", m.Handle, list)
			}
			run("sh", "-c", m.Cure)
			if after := ask(q); len(after.Matches) > 0 && after.Matches[0].Handle == m.Handle && after.Matches[0].Chain == m.Chain {
				t.Errorf("%s: it is still there: %+v", m.Cure, after)
			}
		})
	}
}

func FuzzVerdictOf(f *testing.F) {
	f.Add([]byte{8, 0, 1, 0, 0, 0, 0, 0})
	f.Add([]byte{8, 0, 1, 0, 0xff, 0xff, 0xff, 0xfd, 6, 0, 2, 0, 'u', 0, 0, 0})
	f.Fuzz(func(_ *testing.T, data []byte) { verdictOf(data) })
}
