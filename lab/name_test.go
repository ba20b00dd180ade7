// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"strings"
	"testing"
)

func TestValidateName(t *testing.T) {
	for _, name := range []string{"demo", "a", "0", "a-b", "x-", strings.Repeat("a", 32)} {
		if err := validateName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "-a", "A", "a_b", "a/b", "..", "a b", "é", "a\n", strings.Repeat("a", 33)} {
		if validateName(name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
}

func TestNetnsNamesDiffer(t *testing.T) {
	seen := make(map[string]string)
	for _, lab := range []string{"x", "x-a", "x-b", "x-a-b", "a", "b"} {
		for _, ns := range netnsNames(lab) {
			if other, ok := seen[ns]; ok {
				t.Errorf("labs %q and %q share namespace %q", lab, other, ns)
			}
			seen[ns] = lab
		}
	}
}

func TestValidatePathName(t *testing.T) {
	for _, name := range []string{"", ".", "..", "../eth0", "a/b", "a\x00"} {
		if validatePathName("device", name) == nil {
			t.Errorf("%q is accepted", name)
		}
	}
	if err := validatePathName("device", "eth0.100"); err != nil {
		t.Error(err)
	}
}
