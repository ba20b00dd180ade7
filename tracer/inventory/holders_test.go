// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// unshared runs fn on a thread that is in a namespace of its own while it runs.
func unshared(t *testing.T, fn func()) {
	t.Helper()
	needRoot(t)
	done := make(chan error)
	go func() { done <- onOwnThread(fn) }()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// onOwnThread is not for the first thread, whose namespace is the process's.
func onOwnThread(fn func()) error {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		defer runtime.UnlockOSThread()
		done := make(chan error)
		go func() { done <- onOwnThread(fn) }()
		return <-done
	}
	// Not unlocked: the thread ends.
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return err
	}
	fn()
	return nil
}

func TestHeldByThread(t *testing.T) {
	unshared(t, func() {
		inode, err := InodeAt("/proc/thread-self/ns/net")
		if err != nil {
			t.Error(err)
			return
		}
		tid := unix.Gettid()
		n := namespaceOf(t, inRootNetns(Read), inode)
		if len(n.Processes) != 0 || len(n.Threads) != 1 || n.Threads[0].PID != os.Getpid() || n.Threads[0].TID != tid {
			t.Errorf("got processes %v, threads %v, want only thread %d of %d", n.Processes, n.Threads, tid, os.Getpid())
		}
	})
}

// inRootNetns calls fn on another thread, which is where the process is.
func inRootNetns(fn func() *Inventory) *Inventory {
	c := make(chan *Inventory)
	go func() { c <- fn() }()
	return <-c
}

func TestHeldByFile(t *testing.T) {
	var f *os.File
	unshared(t, func() { f, _ = os.Open("/proc/thread-self/ns/net") })
	if f == nil {
		t.Fatal("not opened")
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	inode := uint32(inodeNumber(st))
	n := namespaceOf(t, Read(), inode)
	want := File{os.Getpid(), int(f.Fd()), n.Files[0].Comm}
	if !slices.Contains(n.Files, want) || len(n.Processes)+len(n.Mounts) != 0 {
		t.Errorf("got %+v, want only file %+v", n, want)
	}
	if len(n.Devices) != 1 || n.Devices[0].Kind != "loopback" {
		t.Errorf("got devices %+v, want lo", n.Devices)
	}
	// The number of one that only a file holds is understood too.
	if found := Find(fmt.Sprint(inode)); len(found) != 1 || found[0].Inode != inode {
		t.Errorf("found %v", found)
	}
}

func inodeNumber(st os.FileInfo) uint64 { return st.Sys().(*syscall.Stat_t).Ino }

// One that is only mounted, in a mount namespace of its own, at a path with a
// blank in it.
func TestHeldByMount(t *testing.T) {
	need(t, "unshare", "mount", "stat")
	file := t.TempDir() + "/a b"
	told := stage(t, `: >"$1"; exec unshare --mount --propagation private sh -eu -c '
		unshare --net mount --bind /proc/self/ns/net "$1"
		echo $$ $(stat -c %i "$1")
		eval "$WAIT"' sh "$1"`, file)
	inode, err := strconv.ParseUint(told[1], 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	n := namespaceOf(t, Read(), uint32(inode))
	want := "/proc/" + told[0] + "/root" + file
	if !slices.Equal(n.Mounts, []string{want}) || n.Path != want || len(n.Processes)+len(n.Files) != 0 {
		t.Errorf("got %+v, want only a mount at %q", n, want)
	}
}

// One of another user namespace says so; all others belong to the machine's.
func TestOwner(t *testing.T) {
	need(t, "unshare", "stat")
	l := newLab(t)
	told := stage(t, `unshare --user --map-root-user --net sh -c 'exec sleep 600' & P=$!
		until [ "$(readlink /proc/$P/ns/net)" != "$(readlink /proc/self/ns/net)" ] && grep -q sleep /proc/$P/comm; do sleep 0.01; done
		echo $P $(stat -L -c %i /proc/$P/ns/user); eval "$WAIT"; kill $P`)
	inv := Read()
	n := namespaceOf(t, inv, inodeOf(t, "/proc/"+told[0]+"/ns/net"))
	if !n.HasOwner || fmt.Sprint(n.Owner.Userns) != told[1] || n.Owner.UID != uint32(os.Geteuid()) {
		t.Errorf("got owner %+v, %v, want user namespace %s of uid 0", n.Owner, n.HasOwner, told[1])
	}
	own, err := os.Readlink("/proc/self/ns/user")
	if err != nil {
		t.Fatal(err)
	}
	e := namespaceOf(t, inv, uint32(l.Ends[0].NetnsInode))
	if got := fmt.Sprintf("user:[%d]", e.Owner.Userns); got != own {
		t.Errorf("the lab's belongs to %s, want %s", got, own)
	}
}

// lsns and this agree on which namespaces have processes, which is their first,
// and how many there are.
func TestLsns(t *testing.T) {
	need(t, "lsns", "unshare")
	stage(t, `unshare --net sh -c 'sleep 600 & exec sleep 600' & P=$!
		until [ "$(readlink /proc/$P/ns/net)" != "$(readlink /proc/self/ns/net)" ] && [ -n "$(cat /proc/$P/task/$P/children)" ]; do sleep 0.01; done
		C=$(cat /proc/$P/task/$P/children); echo $P; eval "$WAIT"; kill $P $C`)
	lsns := func() (all []string) {
		// Those that only a mount or file holds have no PID; not all versions
		// list them.
		out, err := exec.Command("lsns", "-t", "net", "-n", "-r", "-o", "NS,PID,NPROCS").Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 3 && f[1] != "0" {
				all = append(all, strings.Join(f, " "))
			}
		}
		slices.Sort(all)
		return all
	}
	own := inodeOf(t, "/proc/self/ns/net")
	read := func() (all []string) {
		for _, n := range Read().Netns {
			if len(n.Processes) == 0 {
				continue
			}
			count := len(n.Processes)
			if n.Inode == own {
				count++ // lsns itself
			}
			all = append(all, fmt.Sprintf("%d %d %d", n.Inode, n.Processes[0].PID, count))
		}
		slices.Sort(all)
		return all
	}
	// Processes come and go: until it was the same before and behind.
	for range 50 {
		before, got, after := lsns(), read(), lsns()
		if slices.Equal(before, after) {
			if !slices.Equal(got, before) {
				t.Errorf("got  %q\nlsns %q", got, before)
			}
			return
		}
	}
	t.Skip("this machine starts and ends processes all the time")
}
