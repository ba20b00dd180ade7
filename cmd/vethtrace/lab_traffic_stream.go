// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// newLabStream is what sendStream starts; people have lab traffic.
func newLabStream(name *string) *command {
	stream := lab.Stream{CPU: -1}
	cmd := &command{
		Use:     "stream",
		Short:   "Send a TCP stream over the lab until standard input ends, and print the result as JSON",
		Example: "  vethtrace lab stream -d 5s --migrate 500us",
		Args:    noArgs,
		Hidden:  true,
		RunE: func(cmd *command, _ []string) error {
			l, err := lab.Show(*name)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
			result, err := stream.Run(ctx, l)
			if err != nil {
				return err
			}
			return json.NewEncoder(os.Stdout).Encode(result)
		},
	}
	cmd.Flags().DurationVarP(&stream.Duration, "duration", "d", 0, "end after this `time`")
	cmd.Flags().DurationVar(&stream.Migrate, "migrate", 0, "move the sender to the next CPU each `time`")
	return cmd
}

// sendStream sends a stream over a lab from another process, so that its cost is
// not taken for ours. The process ends with ctx, and with its standard input, so
// with us, however we end. The result is empty if ctx has ended.
func sendStream(ctx context.Context, name string, duration, migrate time.Duration) (result lab.Result, err error) {
	self, err := os.Executable()
	if err != nil {
		return result, fmt.Errorf("finding this program to start a stream: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, "lab", "stream", "--name", name,
		"--duration", duration.String(), "--migrate", migrate.String())
	in, err := cmd.StdinPipe()
	if err != nil {
		return result, fmt.Errorf("starting the stream: %w", err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	cmd.Cancel = in.Close
	cmd.WaitDelay = 5 * time.Second // it drains what is on the way
	err = cmd.Run()
	if ctx.Err() != nil {
		return result, nil
	}
	if err != nil {
		return result, fmt.Errorf("sending the stream: %w", err)
	}
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		return result, fmt.Errorf("reading the result of the stream: %w", err)
	}
	return result, nil
}
