// SPDX-License-Identifier: Apache-2.0

package lab

import "testing"

func TestChooseSubnet(t *testing.T) {
	if n, err := chooseSubnet("demo", nil); n != 1 || err != nil {
		t.Errorf("demo: got %d, %v, want 1", n, err)
	}
	taken := make(map[int]bool)
	for i := range subnets {
		n, err := chooseSubnet("other", taken)
		if err != nil {
			t.Fatalf("lab %d: %v", i, err)
		}
		if n < 1 || n > 254 || taken[n] {
			t.Fatalf("lab %d: got %d", i, n)
		}
		taken[n] = true
	}
	if _, err := chooseSubnet("other", taken); err == nil {
		t.Error("all are taken and there is no error")
	}
}

func TestPrefixes(t *testing.T) {
	v4, v6 := prefixes(254, 1)
	if got, want := v4.String()+" "+v6.String(), "10.77.254.2/24 fd77:254::2/64"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
