// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// statFlags are what only stat takes.
type statFlags struct {
	duration time.Duration
	json     bool
	output   string
}

func newStat() *command {
	var flags traceFlags
	var own statFlags
	cmd := &command{
		Use:   "stat [-d TIME | -- COMMAND...]",
		Short: "Count for some seconds, or while a command runs, and print tables or JSON",
		Long: `stat counts hops for a time, or for the life of a command, and prints one
report: tables for people, or with --json one document (docs/json.md). Ctrl-C
ends it early, with the report. With a command, its exit status is passed on.`,
		Example: `  vethtrace stat -d 30s
  vethtrace stat --json --proto udp | jq '.devices[] | {name: .ifname, p99: .stages.total.p99_ns}'
  vethtrace stat -o hop.txt -- curl -s http://10.9.0.2/`,
		RunE: func(cmd *command, args []string) error {
			if len(args) > 0 && cmd.Flags().Changed("duration") {
				return usagef("stat takes a duration or a command, not both")
			}
			if cmd.ArgsLenAtDash() != 0 && len(args) > 0 {
				return usagef("stat runs a command only behind --: vethtrace stat -- %s", args[0])
			}
			if own.duration <= 0 {
				return usagef("duration %v is not positive", own.duration)
			}
			opts, err := flags.options()
			if err != nil {
				return err
			}
			return stat(cmd.Context(), opts, own, args)
		},
	}
	flags.add(cmd.Flags())
	cmd.Flags().DurationVarP(&own.duration, "duration", "d", 10*time.Second, "how `long` to count")
	cmd.Flags().BoolVar(&own.json, "json", false, "print one JSON document")
	cmd.Flags().StringVarP(&own.output, "output", "o", "", "write the report to this `file`")
	return cmd
}

func stat(ctx context.Context, opts tracer.Options, flags statFlags, args []string) (err error) {
	t, err := tracer.Start(opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	out, width := io.Writer(os.Stdout), terminalWidth()
	if flags.output != "" {
		// Behind Start: what cannot be made does not take the place of the
		// report before.
		f, e := os.Create(flags.output)
		if e != nil {
			return fmt.Errorf("creating the report: %w", e)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out, width = f, 0
	}

	marks := collectMarks()
	var status error
	if len(args) > 0 {
		status = runCommand(args)
	} else {
		select {
		case <-ctx.Done():
		case <-time.After(flags.duration):
		}
	}
	changed := marks()
	var code exitStatus
	if status != nil && !errors.As(status, &code) {
		return status
	}
	t.Settle()
	s, err := t.Snapshot()
	if err != nil {
		return err
	}
	if flags.json {
		err = report.WriteStatJSON(out, s, changed...)
	} else {
		err = report.WriteStat(out, s, width, changed...)
	}
	if err != nil {
		return err
	}
	return status
}

// runCommand runs a command to its end, on this process's terminal. Signals
// from the terminal are the command's; a non-zero status is an exitStatus.
func runCommand(args []string) error {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	defer signal.Stop(term)
	err := cmd.Start()
	if err == nil {
		done := make(chan struct{})
		go func() {
			select {
			case s := <-term:
				_ = cmd.Process.Signal(s) // gone meanwhile
			case <-done:
			}
		}()
		err = cmd.Wait()
		close(done)
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		if err != nil {
			return fmt.Errorf("running %q: %w", args[0], err)
		}
		return nil
	}
	if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return exitStatus(128 + int(ws.Signal()))
	}
	return exitStatus(exit.ExitCode())
}

// terminalWidth is that of standard output, 0 when it is not a terminal.
func terminalWidth() int {
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
