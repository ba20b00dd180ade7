// SPDX-License-Identifier: Apache-2.0

package results

import (
	"strings"
	"testing"
)

// Only what failed first and passed then is unsteady; it is shown with what it
// said when it failed.
func TestAgain(t *testing.T) {
	first := []Test{
		{Package: "./p", Name: "TestA", Status: Fail, Output: "too late"},
		{Package: "./p", Name: "TestB/x", Status: Fail},
		{Package: "./q", Name: "TestA", Status: Fail},
		{Package: "./p", Name: "TestC", Status: Pass},
		{Package: "./p", Status: Fail},
	}
	second := []Test{
		{Package: "./p", Name: "TestA", Status: Pass},
		{Package: "./p", Name: "TestB/x", Status: Fail},
		{Package: "./p", Name: "TestB/y", Status: Pass},
	}
	r := Run{Kernel: "6.1", Tests: Again(first, second)}
	if got, want := r.Count(), (Counts{Passed: 2, Unsteady: 1, Failed: 3}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if first[0].Unsteady || len(r.Tests) != len(first) {
		t.Errorf("got %+v of %+v", r.Tests, first)
	}
	var b strings.Builder
	Failures(&b, r)
	if !strings.Contains(b.String(), "--- UNSTEADY: 6.1 auto: ./p TestA\n    too late\n") {
		t.Errorf("got\n%s", b.String())
	}
}
