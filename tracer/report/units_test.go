// SPDX-License-Identifier: Apache-2.0

package report

import (
	"testing"
	"time"
)

func TestFormatNS(t *testing.T) {
	for ns, want := range map[uint64]string{
		0: "0ns", 310: "310ns", 999: "999ns", 1000: "1.0us", 2900: "2.9us", 3330: "3.3us", 9949: "9.9us", 9950: "10.0us",
		99_949: "99.9us", 99_950: "100us", 999_499: "999us", 999_500: "1.0ms", 1_250_000: "1.3ms",
		999_499_999: "999ms", 999_500_000: "1.0s", 10_000_000_000: "10.0s", 3_600_000_000_000: "3600s",
		1<<64 - 1: "18446744074s",
	} {
		if got := FormatNS(ns); got != want {
			t.Errorf("FormatNS(%d) = %q, want %q", ns, got, want)
		}
	}
}

func TestFormatCount(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.001: "<0.01", 0.5: "0.50", 9.994: "9.99", 9.995: "10.0", 99.96: "100", 999: "999", 999.6: "1.00k",
		2000: "2.00k", 12345: "12.3k", 999_600: "1.00M", 4_560_000: "4.56M", 1.2e9: "1.20G", 5e12: "5.00T", 5e15: "5000T",
	} {
		if got := FormatCount(v); got != want {
			t.Errorf("FormatCount(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestFormatPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole uint64
		want        string
	}{
		{0, 0, "-"}, {0, 5, "0%"}, {5, 5, "100%"}, {1, 1e6, "<0.1%"}, {1e6 - 1, 1e6, ">99.9%"}, {1, 8, "12.5%"},
		{1<<64 - 2, 1<<64 - 1, ">99.9%"}, {3, 2, "150.0%"},
	} {
		if got := FormatPercent(c.part, c.whole); got != c.want {
			t.Errorf("FormatPercent(%d, %d) = %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

func TestFormatBytes(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0B", 1023: "1023B", 1024: "1.0KiB", 19 << 20: "19.0MiB", 200 << 20: "200MiB", 1<<64 - 1: "16777216TiB",
	} {
		if got := FormatBytes(n); got != want {
			t.Errorf("FormatBytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestRatesWithoutTime(t *testing.T) {
	if got := perSecond(5, 0); got != "-" {
		t.Errorf("got %q, want -", got)
	}
	if got := megabits(5, 0); got != "-" {
		t.Errorf("got %q, want -", got)
	}
	if got := megabits(1_250_000, time.Second); got != "10.0" {
		t.Errorf("got %q, want 10.0", got)
	}
}

func TestElide(t *testing.T) {
	for _, c := range []struct {
		s     string
		width int
		want  string
	}{{"abc", 3, "abc"}, {"abcdefgh", 5, "ab~gh"}, {"abcdefgh", 6, "ab~fgh"}, {"abc", 2, "abc"}} {
		if got := elide(c.s, c.width); got != c.want {
			t.Errorf("elide(%q, %d) = %q, want %q", c.s, c.width, got, c.want)
		}
	}
}
