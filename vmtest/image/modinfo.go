// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// readModule returns a module unpacked.
func readModule(path string) ([]byte, error) {
	switch filepath.Ext(path) {
	case ".xz":
		return exec.Command("xz", "-dc", path).Output()
	case ".zst":
		return exec.Command("zstd", "-dcq", path).Output()
	}
	data, err := os.ReadFile(path)
	if err != nil || filepath.Ext(path) != ".gz" {
		return data, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unpacked)
}

// needs reads the modules a module depends on out of itself: Debian's packages
// have no modules.dep, depmod makes it when a kernel is installed.
func needs(module []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, fmt.Errorf("reading ELF: %w", err)
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("reading ELF: there is no section .modinfo")
	}
	info, err := section.Data()
	if err != nil {
		return nil, fmt.Errorf("reading .modinfo: %w", err)
	}
	return dependsOf(info), nil
}

// dependsOf finds depends= among the strings of .modinfo.
func dependsOf(modinfo []byte) (names []string) {
	for entry := range strings.SplitSeq(string(modinfo), "\x00") {
		list, ok := strings.CutPrefix(entry, "depends=")
		if !ok {
			continue
		}
		for name := range strings.SplitSeq(list, ",") {
			if name != "" {
				names = append(names, moduleName(name))
			}
		}
	}
	return names
}

// moduleName is what the kernel calls a module of this file name.
func moduleName(path string) string {
	name, _, _ := strings.Cut(filepath.Base(path), ".ko")
	return strings.ReplaceAll(name, "-", "_")
}
