// SPDX-License-Identifier: Apache-2.0

package path

import (
	"bytes"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// symbols are the kernel's functions by address.
type symbols struct {
	starts []uint64
	names  []string
}

// readSymbols reads /proc/kallsyms. Where that does not give addresses
// (kernel.kptr_restrict), no function has a name.
func readSymbols() *symbols {
	kallsyms, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		return &symbols{}
	}
	return parseSymbols(kallsyms)
}

func parseSymbols(kallsyms []byte) *symbols {
	s := &symbols{}
	for line := range bytes.Lines(kallsyms) {
		// ffffffff81000000 T _stext	[module]
		addr, rest, ok := bytes.Cut(line, []byte(" "))
		if !ok || len(rest) < 3 || !bytes.ContainsRune([]byte("tTwW"), rune(rest[0])) {
			continue
		}
		start, err := strconv.ParseUint(string(addr), 16, 64)
		if err != nil || start == 0 {
			continue
		}
		name := bytes.TrimRight(rest[2:], "\n")
		name, _, _ = bytes.Cut(name, []byte("\t"))
		s.starts, s.names = append(s.starts, start), append(s.names, string(name))
	}
	if !slices.IsSorted(s.starts) {
		sort.Stable(s)
	}
	return s
}

// Len, Less and Swap sort by address.
func (s *symbols) Len() int           { return len(s.starts) }
func (s *symbols) Less(i, j int) bool { return s.starts[i] < s.starts[j] }
func (s *symbols) Swap(i, j int) {
	s.starts[i], s.starts[j] = s.starts[j], s.starts[i]
	s.names[i], s.names[j] = s.names[j], s.names[i]
}

// function returns the name of the function that a return address is in, without
// what compilers append: ".isra.0", ".constprop.0", ".cold".
func (s *symbols) function(addr uint64) string {
	if addr == 0 {
		return ""
	}
	// The call is in front of where it returns to, which may be the next
	// function when this one ends in the call.
	i, exact := slices.BinarySearch(s.starts, addr-1)
	if !exact {
		i--
	}
	if i < 0 {
		return ""
	}
	name, _, _ := strings.Cut(s.names[i], ".")
	return name
}
