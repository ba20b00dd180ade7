// SPDX-License-Identifier: Apache-2.0

package qemu

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// Limits is how long a machine may be silent.
type Limits struct {
	// Boot is for the time before the first step starts, Step for one step.
	Boot, Step time.Duration
}

// ErrDied says that the machine ended before its plan did: it panicked, or
// hung until it was killed.
var ErrDied = errors.New("the kernel died")

// Run runs a machine to its end and hands over each record. It returns an error
// that is [ErrDied] if the last record never came. Cancelling kills the machine.
func (m Machine) Run(ctx context.Context, limits Limits, use func(guest.Record)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// The machine dies with the thread that started it: with this process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, Program, m.args()...)
	// Ctrl-C is for us: killing what was started is orderly.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	records, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("connecting to %s: %w", Program, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", Program, err)
	}
	hung := time.AfterFunc(limits.Boot, func() {
		cancel(fmt.Errorf("%w: it hung and was killed", ErrDied))
	})
	defer hung.Stop()
	done := false
	in := bufio.NewReader(records)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var record guest.Record
		if json.Unmarshal(line, &record) != nil {
			continue
		}
		switch record.Kind {
		case guest.Start:
			hung.Reset(limits.Step)
		case guest.End:
			hung.Reset(limits.Boot)
		case guest.Done:
			done = true
		}
		use(record)
	}
	waitErr := cmd.Wait()
	switch {
	case done:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case waitErr != nil && complaints.Len() > 0:
		return fmt.Errorf("running %s: %w: %s", Program, waitErr, strings.TrimSpace(complaints.String()))
	}
	return ErrDied
}

// Tail returns the last lines of a console.
func Tail(console string, lines int) string {
	data, err := os.ReadFile(console)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(data), "\r", "")), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
