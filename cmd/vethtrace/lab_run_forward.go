// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vethtrace/vethtrace/lab"
)

// forwardStory is the experiment as asked for.
type forwardStory struct {
	name string
	// count is how many probes each path is followed with.
	count int
	// say is told what is being done.
	say io.Writer
}

// forwardRun is one of the runs that are compared.
type forwardRun struct {
	// title says what is set.
	title string
	// paths are one of IPv4 and, where the kernel has it, one of IPv6.
	paths []forwardPath
}

func newLabRunForward(name *string) *command {
	var story forwardStory
	var asJSON bool
	cmd := &command{
		Use:   "forward",
		Short: "A container's packets end at a host that does not forward, and ip_forward lets them out",
		Long: `forward makes what Docker makes: containers on a bridge of a host, which hides
them behind its own address on the way to an uplink. It follows probes from a
container to the uplink: as made, when they are answered; after forwarding has
been turned off in the host; and after that has been undone. It prints each
device they reached, where they ended, the function of the kernel that dropped
them, the setting that made it do so and the command that cures it, and undoes
everything.`,
		Example: `  vethtrace lab run forward
  vethtrace lab run forward --json | jq '.runs[].paths[] | [.family, .answered, .cause.id]'`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) error {
			if story.count < 1 || story.count > mostProbes {
				return usagef("--count is 1 to %d, not %d", mostProbes, story.count)
			}
			story.name = fmt.Sprintf("forward-%d", os.Getpid())
			if cmd.Flags().Changed("name") {
				story.name = *name
			}
			story.say = os.Stdout
			if asJSON {
				story.say = io.Discard
			}
			runs, warnings, err := story.run(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeForwardJSON(os.Stdout, story, runs, warnings)
			}
			return writeForward(os.Stdout, story, runs, warnings)
		},
	}
	cmd.Flags().IntVarP(&story.count, "count", "n", 3, "how `many` probes each path is followed with")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// run makes all runs and undoes everything. Warnings are what somebody else has
// changed meanwhile.
func (s forwardStory) run(ctx context.Context) (runs []forwardRun, warnings []string, err error) {
	l, err := lab.Up(lab.Options{Name: s.name, New: true, Shape: lab.Shape{Topology: lab.Bridge}})
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, lab.Down(s.name)) }()
	if err := writeForwardPlan(s.say, s, l); err != nil {
		return nil, nil, err
	}
	steps := []struct {
		title string
		do    func() error
	}{
		{"forwarding", func() error { return nil }},
		{"not forwarding", s.stopForwarding},
		{"forwarding again", func() (err error) { warnings, err = s.forwardAgain(); return err }},
	}
	for i, step := range steps {
		_, err := fmt.Fprintf(s.say, "run %d of %d: lab %s, %s ...\n", i+1, len(steps), l.Name, step.title)
		if err != nil {
			return nil, nil, err
		}
		if err := step.do(); err != nil {
			return nil, nil, err
		}
		run := forwardRun{title: step.title}
		if run.paths, err = s.follow(ctx, l); err != nil {
			return nil, nil, err
		}
		if ctx.Err() != nil {
			return nil, nil, errors.New("interrupted before all runs were made; everything is undone")
		}
		runs = append(runs, run)
	}
	return runs, warnings, nil
}

// stopForwarding makes the fault.
func (s forwardStory) stopForwarding() error {
	changes, err := lab.Apply(s.name, lab.ForwardSettings("host", false)...)
	if err != nil {
		return err
	}
	return writeChanges(s.say, changes)
}

// forwardAgain cures it.
func (s forwardStory) forwardAgain() (warnings []string, err error) {
	changes, err := lab.Changes(s.name)
	if err != nil {
		return nil, err
	}
	if warnings, err = lab.Undo(s.name); err != nil {
		return nil, err
	}
	for i := range changes {
		changes[i].Before, changes[i].After = changes[i].After, changes[i].Before
	}
	return warnings, writeChanges(s.say, changes)
}
