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

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		got  addresses
		want string
	}{
		{addressesOf(inside, 254, 2), "10.77.254.2/24 fd77:254::2/64"},
		{addressesOf(outside, 1, 1), "10.78.1.1/24 fd78:1::1/64"},
		{pointToPoint(51, 0, 0), "10.77.51.1/30 fd77:51:0:1::1/64"},
		{pointToPoint(51, 15, 1), "10.77.51.62/30 fd77:51:0:16::2/64"},
		{wholeNetwork(inside, 51), "10.77.51.0/24 fd77:51::/48"},
	} {
		if got := c.got.v4.String() + " " + c.got.v6.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}
