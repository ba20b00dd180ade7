// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"math"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{latencyText(0), "0ns"},
		{latencyText(950), "950ns"},
		{latencyText(1200), "1.2us"},
		{latencyText(9949), "9.9us"},
		{latencyText(9951), "10us"},
		{latencyText(999_400), "999us"},
		{latencyText(999_600), "1.0ms"},
		{latencyText(34_000_000), "34ms"},
		{latencyText(4_300_000_000), "4.3s"},
		{latencyText(1_200_000_000_000), "20m"},
		{rateText(math.NaN()), "-"},
		{rateText(0), "0"},
		{rateText(0.01), "0.1"},
		{rateText(42.4), "42"},
		{rateText(999.6), "1.00k"},
		{rateText(304_200), "304k"},
		{rateText(2.5e9), "2.50G"},
		{countText(9999), "9999"},
		{countText(10_000), "10.0k"},
		{countText(math.MaxUint64), "18446744T"},
		{mbitText(0), "0"},
		{mbitText(1), "0.01"},
		{mbitText(125_000_000), "1000"},
		{mbitText(math.NaN()), "-"},
		{bytesText(1023), "1023B"},
		{bytesText(31 << 20), "31.0MiB"},
		{shareText(0, 0), "-"},
		{shareText(0, 10), "0%"},
		{shareText(1, 1000), "<1%"},
		{shareText(999, 1000), ">99%"},
		{shareText(10, 10), "100%"},
		{ageText(500 * time.Millisecond), "0.5s"},
		{ageText(42 * time.Second), "42s"},
		{ageText(723 * time.Second), "12m03s"},
		{ageText(7500 * time.Second), "2h05m"},
		{ageText(76 * time.Hour), "3d04h"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
