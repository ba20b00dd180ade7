// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strconv"
	"time"
)

// FormatNS returns a duration of ns nanoseconds for people, in ASCII: whole
// nanoseconds below 1us, then one decimal below 100 and none above: "310ns",
// "2.9us", "123us", "1.2ms", "12.0s".
func FormatNS(ns uint64) string { return string(appendNS(nil, ns)) }

func appendNS(b []byte, ns uint64) []byte {
	if ns < 1000 {
		return append(strconv.AppendUint(b, ns, 10), "ns"...)
	}
	unit, name := uint64(1000), "us"
	// 999950ns would print as 1000us: it belongs to the next unit.
	switch {
	case ns >= 999_500_000:
		unit, name = 1e9, "s"
	case ns >= 999_500:
		unit, name = 1e6, "ms"
	}
	tenths := ns / (unit / 10)
	if ns%(unit/10) >= unit/20 {
		tenths++
	}
	if tenths < 1000 {
		b = strconv.AppendUint(b, tenths/10, 10)
		b = append(b, '.', byte('0'+tenths%10))
		return append(b, name...)
	}
	whole := ns / unit
	if ns%unit >= unit/2 {
		whole++
	}
	return append(strconv.AppendUint(b, whole, 10), name...)
}

// FormatCount returns a number of things a second for people, with three
// digits: "0", "0.50", "12.3", "999", "12.3k", "4.56M", "1.20G".
func FormatCount(v float64) string {
	if v < 999.5 {
		return digits3(v)
	}
	units := "kMGT"
	for v /= 1000; v >= 999.5 && len(units) > 1; v /= 1000 {
		units = units[1:]
	}
	return digits3(v) + units[:1]
}

// digits3 prints three digits, more for a larger number.
func digits3(v float64) string {
	decimals := 0
	switch {
	case v == 0:
	case v < 0.005:
		return "<0.01"
	case v < 9.995:
		decimals = 2
	case v < 99.95:
		decimals = 1
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// FormatPercent returns the share part/whole for people. It is never rounded
// to 0% or 100% when it is not, and "-" when whole is 0.
func FormatPercent(part, whole uint64) string {
	if whole == 0 {
		return "-"
	}
	p := 100 * float64(part) / float64(whole)
	switch {
	case part == 0:
		return "0%"
	case part == whole:
		return "100%"
	case p < 0.1:
		return "<0.1%"
	case p > 99.9 && part < whole:
		return ">99.9%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + "%"
}

// FormatBytes returns an amount of memory for people: "512B", "18.2MiB".
func FormatBytes(n uint64) string {
	v, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for v >= 1023.5 && i < len(units)-1 {
		v /= 1024
		i++
	}
	if i == 0 || v >= 99.95 {
		return fmt.Sprintf("%.0f%s", v, units[i])
	}
	return fmt.Sprintf("%.1f%s", v, units[i])
}

// perSecond returns n per second of d, "-" when no time has passed.
func perSecond(n float64, d time.Duration) string {
	if d <= 0 {
		return "-"
	}
	return FormatCount(n / d.Seconds())
}

// megabits returns the rate of n bytes in d in Mbit/s, without a unit.
func megabits(n uint64, d time.Duration) string {
	if d <= 0 {
		return "-"
	}
	return digits3(float64(n) * 8 / 1e6 / d.Seconds())
}
