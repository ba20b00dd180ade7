// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// Common is what all kernels boot alike.
type Common struct {
	// Init is the program to run first, static.
	Init string
	// Repository is the directory whose files the tests may read.
	Repository string
	// Binaries are vethtrace and the test binaries, by their path in the guest.
	Binaries map[string]string
}

// dirs are what a system has, beyond what files bring along.
var dirs = strings.Fields("/proc /sys /dev /run /etc /root /var/tmp /var/lib /var/log /mnt /lib/modules")

// WriteCommon writes the part of the initramfs that does not depend on the
// kernel.
func WriteCommon(path string, c Common) error {
	return write(path, func(a *Archive) error {
		for _, dir := range dirs {
			a.Dir(dir, 0o755)
		}
		a.Dir("/tmp", 0o777|0o1000)
		a.Link("/sbin", "bin")
		a.Link("/usr/bin", "/bin")
		a.Link("/usr/sbin", "/bin")
		if err := a.Copy("/init", c.Init); err != nil {
			return fmt.Errorf("adding init: %w", err)
		}
		for name, from := range c.Binaries {
			if err := a.Copy(name, from); err != nil {
				return fmt.Errorf("adding binary: %w", err)
			}
		}
		if err := addTree(a, c.Repository, source); err != nil {
			return fmt.Errorf("adding the repository: %w", err)
		}
		return addCommands(a)
	})
}

// source leaves out history and what was built.
func source(path string, info os.FileInfo) bool {
	return filepath.Base(path) != ".git" && (info.IsDir() || info.Size() < 1<<20)
}

// WriteMachine writes the initramfs of one machine: its plan and the modules of
// its kernel, from the directory given, followed by what was written to common.
func WriteMachine(path string, plan guest.Plan, modules, common string) error {
	err := write(path, func(a *Archive) error {
		text, err := json.Marshal(plan)
		if err != nil {
			return fmt.Errorf("encoding the plan: %w", err)
		}
		a.File(guest.PlanFile, 0o644, text)
		return addModules(a, modules)
	})
	if err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer out.Close()
	in, err := os.Open(common)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("joining initramfs: %w", err)
	}
	return out.Close()
}

func write(path string, fill func(*Archive) error) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("making initramfs: %w", err)
	}
	defer f.Close()
	buffer := bufio.NewWriterSize(f, 1<<20)
	a := NewArchive(buffer)
	if err := fill(a); err != nil {
		return err
	}
	if err := a.Close(); err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return fmt.Errorf("writing initramfs: %w", err)
	}
	return f.Close()
}
