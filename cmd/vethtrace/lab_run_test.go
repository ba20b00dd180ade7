// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestLabRunNamesItsStories(t *testing.T) {
	onAnyKernel(t)
	for args, names := range map[string]string{
		"lab run":                                  "needs a story: forward, latency, reorder, sysctl",
		"lab run frob":                             `no story "frob": the stories are forward, latency, reorder, sysctl`,
		"lab run reorder x":                        `"x"`,
		"lab run reorder -d 0":                     "0s",
		"lab run reorder -d -1s":                   "-1s",
		"lab run reorder --migrate 0":              "--migrate 0s",
		"lab run reorder --migrate -1ms":           "--migrate -1ms",
		"lab run reorder -d 10ms --migrate 10ms":   "--migrate 10ms",
		"lab run reorder --rps 1":                  "--rps",
		"lab stream x":                             `"x"`,
		"lab run reorder -d 5 --name not-even-up":  `"5"`,
		"lab run reorder --migrate often -d 1s":    `"often"`,
		"lab run --name not-even-up":               "needs a story",
		"lab --name not-even-up run reorder -d 0s": "0s",
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitUsage, names)
		})
	}
	if left := leftOf(t, "not-even-up"); left != nil {
		t.Errorf("there is %q", left)
	}
}

func TestSideBySide(t *testing.T) {
	table := sideBySide{runs: []reorderRun{{rps: "0"}, {rps: "3f"}}}
	of := func(r *reorderRun) uint64 { return uint64(len(r.rps) - 1) }
	table.row("mask", func(r *reorderRun) string { return r.rps })
	table.count("a longer label", of)
	table.optional("never printed", func(*reorderRun) uint64 { return 0 })
	table.optional("in one", of)
	table.share("share", func(r *reorderRun) (uint64, uint64) { return of(r), 3 })
	table.known("known", func(r *reorderRun) (uint64, bool) { return 7, r.rps != "0" })
	var got strings.Builder
	table.print(&got)
	const want = `mask            0         3f
a longer label  0          1
in one          0          1
share           0  1 (33.3%)
known           -          7
`
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

func TestWriteSentences(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "\n",
		"one  line":               "one line\n",
		strings.Repeat("ab ", 30): strings.Repeat("ab ", 26) + "ab\nab ab ab\n",
		strings.Repeat("x", 90):   strings.Repeat("x", 90) + "\n",
	} {
		var got strings.Builder
		if err := writeSentences(&got, text); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v, want %q", text, got.String(), err, want)
		}
	}
}
