// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// emulate puts a script in the place of [Program].
func emulate(t *testing.T, script string) Machine {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, Program), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return Machine{Kernel: "kernel", Initramfs: "initramfs", Console: filepath.Join(dir, "console")}
}

var patient = Limits{Boot: time.Minute, Step: time.Minute}

const done = `{"kind":"done"}`

func TestRun(t *testing.T) {
	m := emulate(t, `echo '{"kind":"booted","text":"6.1"}'; echo 'no JSON'; echo '`+done+`'`)
	var kinds []guest.Kind
	err := m.Run(t.Context(), patient, func(r guest.Record) { kinds = append(kinds, r.Kind) })
	if want := []guest.Kind{guest.Booted, guest.Done}; err != nil || !slices.Equal(kinds, want) {
		t.Errorf("got %q, %v, want %q", kinds, err, want)
	}
}

func TestRunOfKernelThatDies(t *testing.T) {
	m := emulate(t, `echo '{"kind":"booted"}'`)
	if err := m.Run(t.Context(), patient, func(guest.Record) {}); !errors.Is(err, ErrDied) {
		t.Errorf("got %v, want %v", err, ErrDied)
	}
}

func TestRunOfKernelThatHangs(t *testing.T) {
	m := emulate(t, `echo '{"kind":"start"}'; exec sleep 60`)
	limits := Limits{Boot: time.Minute, Step: time.Millisecond}
	err := m.Run(t.Context(), limits, func(guest.Record) {})
	if !errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "hung") {
		t.Errorf("got %v, want %v", err, ErrDied)
	}
}

func TestRunCancelled(t *testing.T) {
	m := emulate(t, `echo '{"kind":"booted"}'; exec sleep 60`)
	ctx, cancel := context.WithCancel(t.Context())
	err := m.Run(ctx, patient, func(guest.Record) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestRunOfRefusedArguments(t *testing.T) {
	m := emulate(t, `echo "no such option" >&2; exit 1`)
	err := m.Run(t.Context(), patient, func(guest.Record) {})
	if err == nil || errors.Is(err, ErrDied) || !strings.Contains(err.Error(), "no such option") {
		t.Errorf("got %v", err)
	}
}

func TestTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console")
	if err := os.WriteFile(path, []byte("one\r\ntwo\r\nthree\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, want := Tail(path, 2), "two\nthree"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
