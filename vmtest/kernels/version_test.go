// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"os/exec"
	"testing"
)

func TestCompareVersions(t *testing.T) {
	_, err := exec.LookPath("dpkg")
	haveDpkg := err == nil
	// Each is older than the next.
	versions := []string{
		"5.10.9-1", "5.10.10-1", "6.1.0~rc1-1", "6.1.0-1~exp1", "6.1.0-1", "6.1.0-1+b1", "6.1.0-2", "6.1.0-10",
		"6.1.90a-1", "6.1.90+dfsg-1", "6.12.95-1~bpo12+1", "6.12.95-1~deb12u1", "6.12.95-1", "6.12.117-1~deb12u1",
	}
	for i, a := range versions {
		for j, b := range versions {
			got, want := compareVersions(a, b), i-j
			if sign(got) != sign(want) {
				t.Errorf("%s and %s: got %d, want %d", a, b, sign(got), sign(want))
			}
			if haveDpkg && (exec.Command("dpkg", "--compare-versions", a, "lt", b).Run() == nil) != (i < j) {
				t.Errorf("dpkg orders %s and %s otherwise", a, b)
			}
		}
	}
	if got := compareVersions("6.01-1", "6.1-1"); got != 0 {
		t.Errorf("leading zero: got %d, want 0", got)
	}
}

func sign(v int) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}
