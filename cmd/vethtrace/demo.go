// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
)

// demoDuration is how long demo counts when it does not run top.
const demoDuration = 5 * time.Second

func newDemo() *command {
	return &command{
		Use:   "demo",
		Short: "See it work: a lab with traffic, and top on it",
		Long: `demo makes a lab, sends TCP, UDP and ping over it, and shows top, or, when the
output is not a terminal, stat for 5 seconds. Then it removes everything.`,
		Example: "  vethtrace demo",
		Args:    noArgs,
		RunE:    func(cmd *command, _ []string) error { return demo(cmd.Context()) },
	}
}

func demo(ctx context.Context) (err error) {
	// Its own name, so that it never takes down a lab somebody works with.
	name := fmt.Sprintf("demo-%d", os.Getpid())
	l, err := lab.Up(lab.Options{Name: name})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lab.Down(name)) }()
	stop, err := startTraffic(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()

	// Other traffic of the machine would only be in the way.
	var opts tracer.Options
	opts.Filter.Netns = uint32(l.Ends[0].NetnsInode)
	opts.Filter.Text = "netns " + l.Ends[0].Netns
	if isTerminal(os.Stdout) && isTerminal(os.Stdin) && os.Getenv("TERM") != "dumb" {
		return top(ctx, opts, time.Second)
	}
	return stat(ctx, opts, statFlags{duration: demoDuration}, nil)
}

// startTraffic sends traffic from another process, so that its cost is not
// taken for ours. The process ends with its standard input, so with us,
// however we end.
func startTraffic(name string) (stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program to start traffic: %w", err)
	}
	cmd := exec.Command(self, "lab", "traffic", "--name", name, "--until-eof")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting traffic: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting traffic: %w", err)
	}
	return func() error {
		err := in.Close()
		if e := cmd.Wait(); e != nil {
			err = errors.Join(err, fmt.Errorf("sending traffic: %w", e))
		}
		return err
	}, nil
}
