// SPDX-License-Identifier: Apache-2.0

package path

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"slices"
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
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return &symbols{}
	}
	defer f.Close()
	return parseSymbols(f)
}

func parseSymbols(r io.Reader) *symbols {
	type symbol struct {
		start uint64
		name  string
	}
	var all []symbol
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		// ffffffff81000000 T _stext [module]
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 3 || !bytes.ContainsAny(fields[1], "tTwW") {
			continue
		}
		start, err := strconv.ParseUint(string(fields[0]), 16, 64)
		if err != nil || start == 0 {
			continue
		}
		all = append(all, symbol{start, string(fields[2])})
	}
	slices.SortStableFunc(all, func(a, b symbol) int {
		if a.start < b.start {
			return -1
		}
		return min(1, int(a.start-b.start))
	})
	s := &symbols{make([]uint64, len(all)), make([]string, len(all))}
	for i, sym := range all {
		s.starts[i], s.names[i] = sym.start, sym.name
	}
	return s
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
