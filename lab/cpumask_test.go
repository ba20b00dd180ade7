// SPDX-License-Identifier: Apache-2.0

package lab

import "testing"

func TestMaskOf(t *testing.T) {
	for list, want := range map[string]string{
		"0":        "1",
		"0-1":      "3",
		"0-3,6":    "4f",
		"1,3":      "a",
		"0-31":     "ffffffff",
		"0-32":     "1,ffffffff",
		"33":       "2,00000000",
		"0-63,127": "80000000,00000000,ffffffff,ffffffff",
	} {
		got, err := maskOf(list)
		if err != nil || got != want || !isMask(got) {
			t.Errorf("%s: got %q, %v, want %q", list, got, err, want)
		}
	}
	for _, list := range []string{"", "x", "0-", "-1", "0,", "0-99999999"} {
		if got, err := maskOf(list); err == nil {
			t.Errorf("%q: got %q, want an error", list, got)
		}
	}
	if mask, err := AllCPUs(); err != nil || !isMask(mask) {
		t.Errorf("got %q, %v", mask, err)
	}
}
