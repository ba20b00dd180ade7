// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"context"
	"errors"
	"io"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/vethtrace/vethtrace/tracer"
)

// pulledMsg is the answer of one call of the Source.
type pulledMsg struct {
	snapshot *tracer.Snapshot
	marks    []Mark
	err      error
}

// pullMsg says that it is time to call the Source.
type pullMsg struct{}

func pullFrom(src Source, newMarks func() []Mark) tea.Cmd {
	return func() tea.Msg {
		var marks []Mark
		if newMarks != nil {
			marks = newMarks()
		}
		s, err := src()
		return pulledMsg{s, marks, err}
	}
}

// waitFor is tea.Tick that ends with ctx, so that no goroutine outlives Run.
func waitFor(ctx context.Context, d time.Duration) tea.Cmd {
	return func() tea.Msg {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			return pullMsg{}
		case <-ctx.Done():
			return nil
		}
	}
}

// pulled takes in one answer of the Source.
func (m model) pulled(msg pulledMsg) (model, tea.Cmd) {
	m.marks = kept(m.marks, msg.marks)
	switch {
	case errors.Is(msg.err, ErrFatal):
		m.fatal = msg.err
		return m, tea.Quit
	case errors.Is(msg.err, io.EOF):
		m.ended = true
		return m, nil
	case msg.err != nil:
		m.failure = printable(msg.err.Error())
		return m, m.pace
	case msg.snapshot == nil:
		return m, m.pace
	}
	m.failure = ""
	next := m.live.follow(msg.snapshot)
	if next == m.live {
		return m, m.pace
	}
	next.findings, m.episodes = dated(findingsOf(next), m.episodes, next.cur.Taken)
	m.live = next
	if !m.paused || m.shown == nil {
		m = m.show(next)
	}
	return m, m.pace
}
