// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindSymbol(t *testing.T) {
	const kallsyms = `ffffffff81a00000 T netif_rx
ffffffff81a00100 t enqueue_to_backlog
ffffffff81a00200 t enqueue_to_backlog.cold
ffffffff81a00300 t __netif_receive_skb_core.constprop.0
ffffffff81a00400 t process_backlog
ffffffff81a00500 t process_backlog	[other]
ffffffff81a00600 t veth_xmit	[veth]
ffffffff81a00700 t veth_xmit_other	[veth]
bad line
`
	for function, want := range map[string]symbol{
		"netif_rx":                 {exact: 1},
		"enqueue_to_backlog":       {exact: 1},
		"__netif_receive_skb_core": {variants: []string{"__netif_receive_skb_core.constprop.0"}},
		"process_backlog":          {exact: 2},
		"veth_xmit":                {exact: 1},
		"veth_poll":                {},
	} {
		got, err := findSymbol(strings.NewReader(kallsyms), function)
		if err != nil {
			t.Errorf("%s: %v", function, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(symbol{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", function, diff)
		}
	}
}

// What a probe says is what attaching does.
func TestProbeFunction(t *testing.T) {
	onceInVM(t)
	needRoot(t)
	modes := modesHere(t)
	for _, means := range []Mode{ModeFentry, ModeKprobe} {
		h := &hook{function: "a_function_that_is_not_there"}
		err := probeFunction(means, h.function)
		if err == nil {
			t.Fatalf("%s: attached to %s", means, h.function)
		}
		if got, want := explainFunction(means, h, err), h.function+" is not there: the compiler inlined it"; got != want {
			t.Errorf("%s: got %q, want %q (%v)", means, got, want, err)
		}
		// Declared static and inlined, or renamed, in every kernel.
		h = &hook{function: "__netif_receive_skb_core"}
		if err := probeFunction(means, h.function); err != nil {
			t.Logf("%s: %s", means, explainFunction(means, h, err))
		}
	}
	t.Logf("modes here: %v", modes)
}
