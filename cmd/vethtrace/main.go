// SPDX-License-Identifier: Apache-2.0

// Command vethtrace shows where a packet's time goes when it leaves a
// container through a veth pair.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// Exit statuses. stat passes on that of the command it ran.
const (
	exitFailure = 1
	exitUsage   = 2
)

func main() {
	// A closed pipe is an error of a write, not a reason to die in the middle
	// of cleaning up.
	signal.Ignore(syscall.SIGPIPE)
	ends := []os.Signal{syscall.SIGINT, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	status := run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}

// run executes the command line and returns the exit status.
func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	ran := false
	root.PersistentPreRun = func(*command, []string) { ran = true }
	err := root.ExecuteContext(ctx)

	var status exitStatus
	var usage usageError
	switch {
	case err == nil, errors.Is(err, unix.EPIPE):
		return 0
	case errors.As(err, &status):
		return int(status)
	case !ran || errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "vethtrace: %v\nTry 'vethtrace --help'.\n", err)
		return exitUsage
	}
	fmt.Fprintf(os.Stderr, "vethtrace: %v\n", err)
	return exitFailure
}

// exitStatus ends the program with that status, without a message.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// usageError is about what the user typed.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// usagef returns a usageError.
func usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}
