// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// sysctlStory is the experiment as asked for.
type sysctlStory struct {
	name     string
	duration time.Duration
	// say is told what is being done.
	say io.Writer
}

// shortestIdle is how long it takes to see one.
const shortestIdle = 2 * time.Second

// sysctlRun is one of the runs that are compared.
type sysctlRun struct {
	// set is where the sysctls are set: one of the constants below.
	set string
	// host and container are the values there.
	host, container keepalives
	// conns are the connections that are open, those of earlier runs first.
	conns []idleConn
	// counted is how far TCPKeepAlive of the container grew.
	counted uint64
}

// Where sysctls are set.
const (
	setNowhere     = "none"
	setOnHost      = "host"
	setInContainer = "container"
)

// sysctlResult is what the story has found.
type sysctlResult struct {
	// keys are of the container as it was made, beside the machine's host.
	keys []sysctl.Key
	runs []sysctlRun
	// seen is the trace at the end.
	seen *tracer.Snapshot
}

func newLabRunSysctl(name *string) *command {
	var story sysctlStory
	var asJSON bool
	cmd := &command{
		Use:   "sysctl",
		Short: "A sysctl that is set on the host does not reach a container; set there, it holds for new connections",
		Long: `sysctl makes what Docker makes: containers on a bridge of a host. It prints where
the values of a new container come from, then opens a TCP connection from a
container that says nothing, three times: as made, when the first keepalive is
due in two hours; after tcp_keepalive_time, _intvl and _probes have been set on
the host; and after they have been set in the container. It counts the keepalives
that cross the container's veth, and undoes everything.

A namespace of the lab stands for the host. The initial namespace is only read.`,
		Example: `  vethtrace lab run sysctl
  vethtrace lab run sysctl -d 10s --json | jq '.runs[] | [.set, .container, .connections[-1].keepalives]'`,
		Args: noArgs,
		RunE: func(cmd *command, _ []string) error {
			if story.duration < shortestIdle {
				return usagef("duration %v is too short to see keepalives: at least %v", story.duration, shortestIdle)
			}
			story.name = fmt.Sprintf("sysctl-%d", os.Getpid())
			if cmd.Flags().Changed("name") {
				story.name = *name
			}
			story.say = os.Stdout
			if asJSON {
				story.say = io.Discard
			}
			result, err := story.run(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return writeSysctlStoryJSON(os.Stdout, story, result)
			}
			return writeSysctlStory(os.Stdout, story, result)
		},
	}
	cmd.Flags().DurationVarP(&story.duration, "duration", "d", 3500*time.Millisecond, "how `long` connections are idle in each run")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

// run makes all runs and undoes everything.
func (s sysctlStory) run(ctx context.Context) (r *sysctlResult, err error) {
	l, err := lab.Up(lab.Options{Name: s.name, New: true, Shape: lab.Shape{Topology: lab.Bridge}})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lab.Down(s.name)) }()
	r = &sysctlResult{}
	if r.keys, err = compareStoryKeys(l); err != nil {
		return nil, err
	}
	if err := writeSysctlPlan(s.say, s, l, r.keys); err != nil {
		return nil, err
	}
	idle, err := startIdle(l)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, idle.Close()) }()
	for i, set := range []string{setNowhere, setOnHost, setInContainer} {
		run, err := s.measure(ctx, l, idle, i, set)
		if ctx.Err() != nil {
			return nil, errors.New("interrupted before all runs were made; everything is undone")
		}
		if err != nil {
			return nil, err
		}
		r.runs = append(r.runs, run)
	}
	r.seen, err = idle.tracer.Snapshot()
	return r, err
}

// measure makes one run: it sets the sysctls, opens a connection more, and lets
// all be idle.
func (s sysctlStory) measure(ctx context.Context, l *lab.Lab, idle *idle, i int, set string) (run sysctlRun, err error) {
	run.set = set
	_, err = fmt.Fprintf(s.say, "run %d of 3: lab %s, %s, idle for %v ...\n", i+1, l.Name, setWords[set], s.duration)
	if err != nil {
		return run, err
	}
	if err := s.set(set); err != nil {
		return run, err
	}
	if run.host, err = readKeepalives(l.Host.Netns); err != nil {
		return run, err
	}
	if run.container, err = readKeepalives(l.Containers[0].Netns); err != nil {
		return run, err
	}
	if err := idle.open(ctx); err != nil {
		return run, err
	}
	run.conns, run.counted, err = idle.watch(ctx, s.duration)
	return run, err
}

// set makes the change, if any.
func (s sysctlStory) set(where string) error {
	role, ok := map[string]string{setOnHost: "host", setInContainer: "a"}[where]
	if !ok {
		return nil
	}
	changes, err := lab.Apply(s.name, storyKeepalives.settings(role)...)
	if err != nil {
		return err
	}
	return writeChanges(s.say, changes)
}
