// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tui/quiet"
)

func init() { quiet.Restore() }

// ErrFatal is wrapped by a Source's error when there is nothing more to wait
// for: Run then ends and returns that error. Any other error is shown in the
// status line and the Source is asked again at the next interval.
var ErrFatal = errors.New("no more data can be read")

// Source returns the newest snapshot. It is called once an interval, never
// twice at the same time, on a goroutine of its own. The snapshot must not be
// changed afterwards. io.EOF says that a recording has ended: the last data
// stays on the screen and the Source is not called again.
type Source func() (*tracer.Snapshot, error)

// Options are the choices of a caller; the zero value is usable.
type Options struct {
	// Interval is the time between two snapshots, 1 s when 0.
	Interval time.Duration
	// NoColor turns off all colours and attributes. They are also off when
	// the environment has NO_COLOR or TERM=dumb.
	NoColor bool
	// Input and Output replace the terminal when not nil.
	Input  io.Reader
	Output io.Writer
	// Title stands first in the header: "vethtrace top" when empty.
	Title string
	// Marks, if not nil, returns what was changed since it was called last. It is
	// called before each call of the Source.
	Marks func() []Mark
	// Filter is the text that the / filter holds at the start.
	Filter string
}

// framesPerSecond bounds redrawing: bubbletea v1 writes whole lines.
const framesPerSecond = 10

// Run shows the screen until the user quits, ctx is cancelled or src returns
// an error that wraps ErrFatal. Only the last makes Run return an error, next
// to errors of the terminal itself. The terminal is restored in every case.
func Run(ctx context.Context, src Source, opts Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	settings := []tea.ProgramOption{
		tea.WithContext(ctx),
		tea.WithAltScreen(),
		tea.WithFPS(framesPerSecond),
	}
	if opts.Input != nil {
		settings = append(settings, tea.WithInput(opts.Input))
	}
	out := io.Writer(os.Stdout)
	if opts.Output != nil {
		out = opts.Output
		settings = append(settings, tea.WithOutput(opts.Output))
	}

	m := newModel(opts, newPalette(out, opts.NoColor || colourUnwanted(os.Getenv)))
	m.pull = pullFrom(src, opts.Marks)
	m.pace = waitFor(ctx, m.interval)
	final, err := tea.NewProgram(m, settings...).Run()
	if m, ok := final.(model); ok && m.fatal != nil {
		return m.fatal
	}
	if errors.Is(err, tea.ErrInterrupted) || ctx.Err() != nil && !errors.Is(err, tea.ErrProgramPanic) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("running the screen: %w", err)
	}
	return nil
}
