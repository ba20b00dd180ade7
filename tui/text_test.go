// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"testing"
)

func TestText(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{printable("a\x1b[31m\nb"), "a?[31m?b"},
		{cutEnd("abcdefgh", 6), "abc..."},
		{cutEnd("abc", 3), "abc"},
		{cutEnd("abc", 2), "ab"},
		{cutMiddle("abcdefgh", 5), "ab~gh"},
		{cutMiddle("abcdefgh", 0), ""},
		{shortDevice("cni-5f2d8c1e-77aa/eth0", 14), "cni-~77aa/eth0"},
		{shortDevice("host/eth0", 14), "host/eth0"},
		{shortDevice("a/longifname12345", 10), "a/lo~12345"},
		{shortFlow("10.9.0.1:1 -> [2001:db8:aaaa::1111]:65535", 31), "10.9.0.1:1 -> [2001:db~1]:65535"},
		{padLeft("日本", 6), "  日本"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if got, want := wrap("one two three", 7), []string{"one two", "three"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
