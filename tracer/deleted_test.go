// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/vethtrace/vethtrace/lab"
)

func TestDeviceDeletedWhileTraced(t *testing.T) {
	onceInVM(t)
	l := newLab(t)
	leaks := goleak.IgnoreCurrent()
	fds := openFiles(t)
	tr := startTrace(t, Options{Filter: onLab(l), Emit: &Emit{}})
	r := readHops(t, tr)
	send(t, l, lab.Ping{Count: 100, CPU: -1})
	before := snapshot(t, tr)
	if err := lab.Down(l.Name); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		after := snapshot(t, tr)
		for _, e := range l.Ends {
			was, is := deviceIn(before, deviceIDOf(e)), deviceIn(after, deviceIDOf(e))
			if is.Name != was.Name || is.Peer != was.Peer || is.Hops < was.Hops {
				t.Errorf("after deletion: %v from %v with %d hops, want %v from %v with %d",
					is.Name, is.Peer, is.Hops, was.Name, was.Peer, was.Hops)
			}
			if is.Name.Ifname != e.Ifname || is.Name.NetnsName != e.Netns {
				t.Errorf("after deletion the name is %v, want %s/%s", is.Name, e.Netns, e.Ifname)
			}
		}
	}
	if n := len(r.all()); n < 200 {
		t.Errorf("%d events, want the 200 of the pings at least", n)
	}
	if err := tr.Close(); err != nil {
		t.Error(err)
	}
	if err := goleak.Find(leaks); err != nil {
		t.Error(err)
	}
	var now map[string]int
	if !poll(func() bool { now = openFiles(t); return total(now) <= total(fds) }) {
		t.Errorf("open files: before %v, after %v", fds, now)
	}
}

// openFiles counts this process's descriptors by what they are.
func openFiles(t testing.TB) map[string]int {
	t.Helper()
	const dir = "/proc/self/fd"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := make(map[string]int)
	for _, e := range entries {
		if to, err := os.Readlink(dir + "/" + e.Name()); err == nil {
			kind, _, _ := strings.Cut(to, ":[")
			kinds[kind]++
		}
	}
	return kinds
}

func total(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}
