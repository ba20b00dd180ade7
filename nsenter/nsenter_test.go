// SPDX-License-Identifier: Apache-2.0

package nsenter

import (
	"errors"
	"net"
	"os"
	"sync"
	"testing"
)

func here(t *testing.T) string {
	t.Helper()
	link, err := os.Readlink(own)
	if err != nil {
		t.Fatal(err)
	}
	return link
}

func TestOwnNeedsNoRights(t *testing.T) {
	want, ran := here(t), false
	err := At("/proc/self/ns/net", func() error {
		ran = here(t) == want
		return nil
	})
	if err != nil || !ran {
		t.Errorf("got %v, ran %t", err, ran)
	}
	if err := At("/proc/self/ns/nosuch", func() error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Many at once are each where they want to be, and nobody stays there.
func TestNewAndIn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	home := here(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			ns, err := New()
			if err != nil {
				t.Error(err)
				return
			}
			defer ns.Close()
			var first, second string
			want := errors.New("an error")
			err = In(ns, func() error {
				first = here(t)
				links, err := net.Interfaces()
				if err != nil || len(links) != 1 {
					t.Errorf("got devices %v, %v, want lo", links, err)
				}
				return want
			})
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if err := In(ns, func() error { second = here(t); return nil }); err != nil {
				t.Error(err)
			}
			if first == home || first != second {
				t.Errorf("was in %s and %s, from %s", first, second, home)
			}
		})
	}
	wg.Wait()
	for range 50 {
		wg.Go(func() {
			if got := here(t); got != home {
				t.Errorf("a thread stayed in %s", got)
			}
		})
	}
	wg.Wait()
}
