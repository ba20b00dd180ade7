// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vethtrace/vethtrace/tracer"
)

// sink is an output that says when a text has been written to it.
type sink struct {
	mu   sync.Mutex
	all  bytes.Buffer
	want string
	seen chan struct{}
}

func newSink(want string) *sink { return &sink{want: want, seen: make(chan struct{})} }

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.all.Write(p)
	if s.want != "" && strings.Contains(s.all.String(), s.want) {
		s.want = ""
		close(s.seen)
	}
	return n, err
}

func fastSource() Source {
	all := series(50)
	i := 0
	return func() (*tracer.Snapshot, error) {
		s := all[min(i, len(all)-1)]
		i++
		return s, nil
	}
}

func TestRunUntilQuit(t *testing.T) {
	defer goleak.VerifyNone(t)
	in, keys := io.Pipe()
	out := newSink("veth57703b6")
	done := make(chan error)
	go func() {
		done <- Run(t.Context(), fastSource(), Options{Interval: time.Millisecond, NoColor: true, Input: in, Output: out})
	}()
	<-out.seen
	fmt.Fprint(keys, "q")
	if err := <-done; err != nil {
		t.Errorf("got %v, want nil", err)
	}
	keys.Close()
	if text := out.all.String(); !strings.Contains(text, "\x1b[?1049h") || !strings.Contains(text, "\x1b[?1049l") {
		t.Error("the alternate screen is not entered and left")
	}
}

func TestRunUntilCancelled(t *testing.T) {
	defer goleak.VerifyNone(t)
	in, keys := io.Pipe()
	out := newSink("veth57703b6")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- Run(ctx, fastSource(), Options{Interval: time.Hour, Input: in, Output: out}) }()
	<-out.seen
	cancel()
	if err := <-done; err != nil {
		t.Errorf("got %v, want nil", err)
	}
	keys.Close()
	if !strings.Contains(out.all.String(), "\x1b[?1049l") {
		t.Error("the alternate screen is not left")
	}
}

func TestRunUntilFatal(t *testing.T) {
	defer goleak.VerifyNone(t)
	in, keys := io.Pipe()
	defer keys.Close()
	want := fmt.Errorf("reading the maps: %w", ErrFatal)
	err := Run(t.Context(), func() (*tracer.Snapshot, error) { return nil, want },
		Options{Interval: time.Millisecond, Input: in, Output: newSink("")})
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestColourUnwanted(t *testing.T) {
	for _, tt := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"TERM": "xterm"}, false},
		{map[string]string{"TERM": "dumb"}, true},
		{map[string]string{"NO_COLOR": "1"}, true},
	} {
		if got := colourUnwanted(func(k string) string { return tt.env[k] }); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.env, got, tt.want)
		}
	}
}
