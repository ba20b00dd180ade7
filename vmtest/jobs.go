// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/vethtrace/vethtrace/vmtest/results"
)

// matrix runs jobs, as many at a time as it has slots.
type matrix struct {
	slots chan struct{}
	all   sync.WaitGroup

	mu     sync.Mutex
	stdout io.Writer
	// runs are those of each job, in the order they were started, nil until
	// they end.
	runs [][]results.Run
	errs []error
}

func (m *matrix) tell(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(m.stdout, format, args...)
}

func (m *matrix) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errs = append(m.errs, err)
}

// start runs a job as soon as there is a slot, and tells of it when it ends.
func (m *matrix) start(ctx context.Context, j job) {
	m.mu.Lock()
	i := len(m.runs)
	m.runs = append(m.runs, nil)
	m.mu.Unlock()
	m.all.Go(func() {
		select {
		case m.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		defer func() { <-m.slots }()
		runs, facts, err := j.run(ctx)
		if err != nil {
			m.fail(err)
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.runs[i] = runs
		j.print(m.stdout, runs, facts)
	})
}

// wait returns the runs that ended.
func (m *matrix) wait() (ended []results.Run, err error) {
	m.all.Wait()
	for _, runs := range m.runs {
		ended = append(ended, runs...)
	}
	return ended, errors.Join(m.errs...)
}
