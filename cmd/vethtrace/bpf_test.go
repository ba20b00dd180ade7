// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// bpfObject is a program, map or link in the kernel. Its number is not given
// again before all others have been, so it cannot mean another one soon.
type bpfObject struct {
	kind string
	id   uint32
}

// bpfKinds are the first words of the line in fdinfo that has the number, and
// the commands of bpf(2) that find the next number. The one for links is there
// since 5.8.
var bpfKinds = map[string]int{
	"prog_id": unix.BPF_PROG_GET_NEXT_ID,
	"map_id":  unix.BPF_MAP_GET_NEXT_ID,
	"link_id": unix.BPF_LINK_GET_NEXT_ID,
}

// bpfObjectsOf returns what a process holds. It may be on the way to more.
func bpfObjectsOf(pid int) []bpfObject {
	var all []bpfObject
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	for _, file := range files {
		info, err := os.ReadFile(file)
		if err != nil {
			continue // closed meanwhile
		}
		// A link's fdinfo names its program, too: that counts twice.
		for line := range strings.Lines(string(info)) {
			var o bpfObject
			if _, err := fmt.Sscanf(line, "%s %d", &o.kind, &o.id); err != nil {
				continue
			}
			o.kind = strings.TrimSuffix(o.kind, ":")
			if _, ok := bpfKinds[o.kind]; ok {
				all = append(all, o)
			}
		}
	}
	return all
}

func countKind(objects []bpfObject, kind string) (n int) {
	for _, o := range objects {
		if o.kind == kind {
			n++
		}
	}
	return n
}

// exists asks the kernel for the next number after the one before.
func (o bpfObject) exists(t *testing.T) bool {
	t.Helper()
	// union bpf_attr: { start_id, next_id, open_flags }
	attr := struct{ start, next, flags uint32 }{start: o.id - 1}
	_, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(bpfKinds[o.kind]), uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	if errno != 0 && errno != unix.ENOENT {
		t.Fatalf("looking for %s %d: %v", o.kind, o.id, errno)
	}
	return errno == 0 && attr.next == o.id
}

// wantUnloaded waits until the kernel has let go of everything.
func wantUnloaded(t *testing.T, objects []bpfObject) {
	t.Helper()
	for _, o := range objects {
		eventually(t, fmt.Sprintf("%s %d is gone", o.kind, o.id), func() bool { return !o.exists(t) })
	}
}

// waitTracing waits until a process has attached everything it attaches.
func waitTracing(t *testing.T, pid int) {
	t.Helper()
	eventually(t, "the hooks are attached", func() bool {
		return countKind(bpfObjectsOf(pid), "link_id") >= attachedHooks
	})
}

// attachedHooks is how many hooks are attached from the beginning (always, in
// tracer/hooks.go).
const attachedHooks = 8
