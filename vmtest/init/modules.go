// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// loadModules loads what the list names, in its order. The errors are those
// of single modules; the others are loaded all the same.
func loadModules() error {
	list, err := os.ReadFile(guest.ModulesList)
	if err != nil {
		return fmt.Errorf("reading the list of modules: %w", err)
	}
	var errs []error
	for _, name := range strings.Fields(string(list)) {
		if err := loadModule(filepath.Join(guest.ModulesDir, name+".ko")); err != nil {
			errs = append(errs, fmt.Errorf("loading %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func loadModule(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := unix.FinitModule(int(f.Fd()), "", 0); err != nil && !errors.Is(err, unix.EEXIST) {
		return err
	}
	// Its memory is the guest's.
	return os.Remove(path)
}
