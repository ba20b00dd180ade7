// SPDX-License-Identifier: Apache-2.0

package path

import "testing"

func TestSymbols(t *testing.T) {
	const kallsyms = `ffffffff81000000 T _stext
ffffffff81000100 t ip_rcv_core.isra.0
ffffffff81000300 T ip_error
ffffffff81000300 d not_a_function
0000000000000000 T hidden
ffffffff81000400 t neigh_invalidate.cold
ffffffffc0200000 t nft_do_chain	[nf_tables]
`
	s := parseSymbols([]byte(kallsyms))
	for addr, want := range map[uint64]string{
		0:                  "",
		0xffffffff80000000: "",
		0xffffffff81000110: "ip_rcv_core",
		0xffffffff81000301: "ip_error",
		// Behind a call at the very end of a function.
		0xffffffff81000400: "ip_error",
		0xffffffff81000500: "neigh_invalidate",
		0xffffffffc0200100: "nft_do_chain",
	} {
		if got := s.function(addr); got != want {
			t.Errorf("function at %#x: got %q, want %q", addr, got, want)
		}
	}
	if got := (&symbols{}).function(1); got != "" {
		t.Errorf("without kallsyms: got %q, want nothing", got)
	}
}
