// SPDX-License-Identifier: Apache-2.0

package kernels

import "strings"

// compareVersions orders two Debian versions as dpkg does (deb-version(7)):
// runs of non-digits and of digits in turn, ~ before the end of the string,
// letters before everything else. Kernels have no epoch.
func compareVersions(a, b string) int {
	aUpstream, aRevision := splitRevision(a)
	bUpstream, bRevision := splitRevision(b)
	if c := compareParts(aUpstream, bUpstream); c != 0 {
		return c
	}
	return compareParts(aRevision, bRevision)
}

func splitRevision(version string) (upstream, revision string) {
	if i := strings.LastIndexByte(version, '-'); i >= 0 {
		return version[:i], version[i+1:]
	}
	return version, "0"
}

func compareParts(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !isDigit(a[0]) || b != "" && !isDigit(b[0]) {
			if c := weight(a) - weight(b); c != 0 {
				return c
			}
			a, b = a[1:], b[1:]
		}
		var aNumber, bNumber string
		aNumber, a = cutNumber(a)
		bNumber, b = cutNumber(b)
		if c := len(aNumber) - len(bNumber); c != 0 {
			return c
		}
		if c := strings.Compare(aNumber, bNumber); c != 0 {
			return c
		}
	}
	return 0
}

// weight is what the first character counts outside of numbers.
func weight(s string) int {
	switch {
	case s == "" || isDigit(s[0]):
		return 0
	case s[0] == '~':
		return -1
	case s[0] >= 'A' && s[0] <= 'Z' || s[0] >= 'a' && s[0] <= 'z':
		return int(s[0])
	}
	return int(s[0]) + 256
}

// cutNumber splits off the number s begins with, without leading zeros.
func cutNumber(s string) (number, rest string) {
	end := 0
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	return strings.TrimLeft(s[:end], "0"), s[end:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
