// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// unknown stands for every number that is not known, which is not 0.
const unknown = "-"

// latencyText is a latency to the two digits a histogram knows, at most five
// characters: 950ns, 1.2us, 34ms, 4.3s.
func latencyText(ns uint64) string {
	v := float64(ns)
	if v < 1000 {
		return strconv.FormatUint(ns, 10) + "ns"
	}
	for _, unit := range []string{"us", "ms"} {
		if v /= 1000; v < 999.5 {
			return twoDigits(v) + unit
		}
	}
	if v /= 1000; v < 999.5 {
		return twoDigits(v) + "s"
	}
	return strconv.FormatFloat(min(v/60, 9999), 'f', 0, 64) + "m"
}

func twoDigits(v float64) string {
	if v < 9.95 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

func threeDigits(v float64) string {
	switch {
	case v < 9.995:
		return strconv.FormatFloat(v, 'f', 2, 64)
	case v < 99.95:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}

// rateText is a number per second: 0, 0.5, 42, 1.23k, 304k. NaN is unknown.
func rateText(v float64) string {
	switch {
	case math.IsNaN(v):
		return unknown
	case v == 0:
		return "0"
	case v < 9.95:
		return strconv.FormatFloat(max(v, 0.1), 'f', 1, 64)
	case v < 999.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return scaled(v)
}

// countText is exact up to 9999, then three digits: 12.3k.
func countText(n uint64) string {
	if n < 10000 {
		return strconv.FormatUint(n, 10)
	}
	return scaled(float64(n))
}

func scaled(v float64) string {
	for _, unit := range []string{"k", "M", "G"} {
		if v /= 1000; v < 999.5 {
			return threeDigits(v) + unit
		}
	}
	return threeDigits(v/1000) + "T"
}

// mbitText is a number of bytes per second as Mbit/s.
func mbitText(bytesPerSec float64) string {
	v := bytesPerSec * 8 / 1e6
	switch {
	case math.IsNaN(v):
		return unknown
	case v == 0:
		return "0"
	}
	return threeDigits(max(v, 0.01))
}

// bytesText is a size in binary units: 512B, 31MiB.
func bytesText(n uint64) string {
	if n < 1024 {
		return strconv.FormatUint(n, 10) + "B"
	}
	v := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB"} {
		if v /= 1024; v < 999.5 {
			return threeDigits(v) + unit
		}
	}
	return threeDigits(v/1024) + "TiB"
}

// shareText is part of whole in percent. A share that is not 0 or all never
// reads as if it were.
func shareText(part, whole uint64) string {
	if whole == 0 {
		return unknown
	}
	percent := 100 * float64(part) / float64(whole)
	switch {
	case part > 0 && percent < 1:
		return "<1%"
	case part < whole && percent > 99:
		return ">99%"
	}
	return strconv.FormatFloat(percent, 'f', 0, 64) + "%"
}

// fineShareText is a share below 10% to its first decimal: packets out of order
// hurt TCP long before they are 1%.
func fineShareText(part, whole uint64) string {
	if percent := 100 * float64(part) / float64(whole); part == 0 || whole == 0 || percent >= 9.95 {
		return shareText(part, whole)
	} else if percent >= 0.05 {
		return strconv.FormatFloat(percent, 'f', 1, 64) + "%"
	}
	return "<0.1%"
}

// ageText is a length of time in its two largest units: 0.5s, 42s, 12m03s,
// 2h05m, 3d04h.
func ageText(d time.Duration) string {
	s := int64(d / time.Second)
	switch {
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	case s < 86400:
		return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
	}
	return fmt.Sprintf("%dd%02dh", s/86400, s/3600%24)
}

func clockText(t time.Time) string { return t.Format(time.TimeOnly) }
