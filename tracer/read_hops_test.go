// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"context"
	"testing"
)

// hopReader collects the hops that a trace reports.
type hopReader struct {
	t      testing.TB
	cancel context.CancelFunc
	done   chan error
	hops   []Hop
}

func readHops(t testing.TB, tr *Tracer) *hopReader {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &hopReader{t: t, cancel: cancel, done: make(chan error, 1)}
	go func() {
		r.done <- tr.Events(ctx, Handlers{Hop: func(h *Hop) error {
			r.hops = append(r.hops, *h)
			return nil
		}})
	}()
	t.Cleanup(cancel)
	return r
}

// all ends reading and returns what was read, with what was in the buffer.
func (r *hopReader) all() []Hop {
	r.t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		r.t.Fatal(err)
	}
	return r.hops
}
