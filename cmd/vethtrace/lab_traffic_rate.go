// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rate is a flag of so many a second, such as 200M.
type rate uint64

// maxRate is one a nanosecond, beyond which there is no interval.
const maxRate = 1e12

// Set implements pflag.Value.
func (r *rate) Set(s string) error {
	digits, unit := s, 1.0
	if i := len(s) - 1; i > 0 {
		if n := strings.IndexByte("kMG", s[i]); n >= 0 {
			digits, unit = s[:i], math.Pow10(3*(n+1))
		}
	}
	v, err := strconv.ParseFloat(digits, 64)
	v *= unit
	if err != nil || !(v >= 0 && v <= maxRate) || v > 0 && v < 1 {
		return fmt.Errorf("want 0, or a number from 1 to 1000G, such as 500, 1.5k, 200M or 10G")
	}
	*r = rate(math.Round(v))
	return nil
}

// String implements pflag.Value. Set understands it.
func (r *rate) String() string {
	n, unit := uint64(*r), ""
	for _, next := range []string{"k", "M", "G"} {
		if n == 0 || n%1000 != 0 {
			break
		}
		n, unit = n/1000, next
	}
	return strconv.FormatUint(n, 10) + unit
}

// Type implements pflag.Value.
func (r *rate) Type() string { return "rate" }
