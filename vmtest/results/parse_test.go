// SPDX-License-Identifier: Apache-2.0

package results

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(output string, exit int, died string) []Test {
	p := NewParser("./p")
	for line := range strings.Lines(output) {
		p.Line(strings.TrimSuffix(line, "\n"))
	}
	return p.End(exit, died)
}

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		output string
		exit   int
		died   string
		want   []Test
	}{
		"flat": {
			output: "\x16=== RUN   TestA\n\x16--- PASS: TestA (0.00s)\n\x16=== NAME  \n" +
				"\x16=== RUN   TestB\n    b_test.go:7: needs\n        root\n\x16--- SKIP: TestB (0.10s)\n" +
				"\x16=== RUN   TestC\n    c_test.go:9: got 1\n\x16--- FAIL: TestC (12.30s)\nFAIL\n",
			exit: 1,
			want: []Test{
				{Package: "./p", Name: "TestA", Status: Pass},
				{Package: "./p", Name: "TestB", Status: Skip, Reason: "needs root"},
				{Package: "./p", Name: "TestC", Status: Fail, Output: "    c_test.go:9: got 1\nFAIL"},
			},
		},
		"subtests count, not their parent": {
			output: "=== RUN   TestA\n=== RUN   TestA/x\n    a_test.go:1: text\n    --- SKIP: TestA/x (0.00s)\n" +
				"=== RUN   TestA/y_z\n    --- FAIL: TestA/y_z (0.00s)\n--- FAIL: TestA (0.00s)\n",
			exit: 1,
			want: []Test{
				{Package: "./p", Name: "TestA/x", Status: Skip, Reason: "text"},
				{Package: "./p", Name: "TestA/y_z", Status: Fail},
			},
		},
		"a parent that fails by itself": {
			output: "=== RUN   TestA\n=== RUN   TestA/x\n--- PASS: TestA/x (0.00s)\n" +
				"=== NAME  TestA\n    a_test.go:3: late\n--- FAIL: TestA (0.00s)\n",
			exit: 1,
			want: []Test{
				{Package: "./p", Name: "TestA", Status: Fail, Output: "    a_test.go:3: late"},
				{Package: "./p", Name: "TestA/x", Status: Pass},
			},
		},
		"parallel": {
			output: "=== RUN   TestA\n=== PAUSE TestA\n=== RUN   TestB\n=== PAUSE TestB\n" +
				"=== CONT  TestA\n=== CONT  TestB\n    b_test.go:1: of B\n=== NAME  TestA\n    a_test.go:1: of A\n" +
				"--- FAIL: TestA (0.00s)\n--- PASS: TestB (0.00s)\n",
			exit: 1,
			want: []Test{
				{Package: "./p", Name: "TestA", Status: Fail, Output: "    a_test.go:1: of A"},
				{Package: "./p", Name: "TestB", Status: Pass},
			},
		},
		"panic": {
			output: "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== RUN   TestB\npanic: boom\n\ngoroutine 7 [running]:\n",
			exit:   2,
			want: []Test{
				{Package: "./p", Name: "TestA", Status: Pass},
				{Package: "./p", Name: "TestB", Status: Fail, Output: "panic: boom\n\ngoroutine 7 [running]:\n(it did not end)"},
			},
		},
		"a test's own output does not end it": {
			output: "\x16=== RUN   TestA\n--- FAIL: TestA (0.00s)\nno newline\x16--- PASS: TestA (0.00s)\n\x16=== NAME  \n--- FAIL: TestOther (0.00s)\n",
			want:   []Test{{Package: "./p", Name: "TestA", Status: Pass}},
		},
		"the process fails after its tests": {
			output: "=== RUN   TestA\n--- PASS: TestA (0.00s)\n=== NAME  \nPASS\nleaks found\n",
			exit:   1,
			want: []Test{
				{Package: "./p", Name: "TestA", Status: Pass},
				{Package: "./p", Status: Fail, Output: "PASS\nleaks found\n(the process failed, none of its tests did)"},
			},
		},
		"the kernel dies": {
			output: "=== RUN   TestA\n",
			exit:   -1, died: "the kernel died",
			want: []Test{{Package: "./p", Name: "TestA", Status: Fail, Output: "(it did not end)\nthe kernel died"}},
		},
		"nothing matched": {output: "testing: warning: no tests to run\nPASS\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, parse(c.output, c.exit, c.died)); diff != "" {
				t.Errorf("want(-), got(+):\n%s", diff)
			}
		})
	}
}
