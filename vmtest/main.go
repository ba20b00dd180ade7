// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/vethtrace/vethtrace/vmtest/results"
)

// Exit statuses.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	}
	runs, err := collect(ctx, o, stdout)
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	// Of an interrupted matrix there is what has finished, but no file: it
	// would pass for the whole.
	if err == nil {
		err = writeFiles(o, runs)
	}
	if runs != nil {
		fmt.Fprintln(stdout)
		err = errors.Join(err, results.Table(stdout, runs))
	}
	if err != nil {
		fmt.Fprintf(stderr, "vmtest: %v\n", err)
		return exitFailed
	}
	var all results.Counts
	for _, r := range runs {
		all = all.Add(r.Count())
	}
	if all == (results.Counts{}) {
		fmt.Fprintf(stderr, "vmtest: there is no test that matches %q\n", o.run)
	}
	if all.Failed > 0 || all == (results.Counts{}) {
		return exitFailed
	}
	return exitOK
}

// collect boots the kernels, or reads what an earlier run wrote.
func collect(ctx context.Context, o options, stdout io.Writer) ([]results.Run, error) {
	if o.from != "" {
		return results.ReadJSON(o.from)
	}
	if err := checkCommands(); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "vmtest-")
	if err != nil {
		return nil, fmt.Errorf("making a temporary directory: %w", err)
	}
	defer os.RemoveAll(work)
	return runMatrix(ctx, o, work, stdout)
}

func writeFiles(o options, runs []results.Run) error {
	if o.json != "" {
		if err := results.WriteJSON(o.json, runs); err != nil {
			return err
		}
	}
	if o.docs != "" {
		if err := writeDocs(o.docs, runs); err != nil {
			return fmt.Errorf("writing documentation: %w", err)
		}
	}
	return nil
}

func writeDocs(path string, runs []results.Run) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := results.Docs(f, runs); err != nil {
		return err
	}
	return f.Close()
}
