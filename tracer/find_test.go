// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

func TestFindDevices(t *testing.T) {
	l := newLab(t)
	a, b := deviceIDOf(l.Ends[0]), deviceIDOf(l.Ends[1])
	for _, tt := range []struct {
		name string
		in   uint32
		want DeviceID
	}{
		{l.Ends[0].Netns + "/eth0", 0, a},
		{l.Ends[1].Netns + "/eth0", 0, b},
		{fmt.Sprintf("%d/eth0", a.Netns), 0, a},
		{"eth0", b.Netns, b},
	} {
		got, err := FindDevices(tt.name, tt.in)
		if err != nil || !slices.Equal(got, []DeviceID{tt.want}) {
			t.Errorf("FindDevices(%q, %d) = %v, %v, want %v", tt.name, tt.in, got, err, tt.want)
		}
	}
	got, err := FindDevices("eth0", 0)
	if err != nil || !slices.Contains(got, a) || !slices.Contains(got, b) {
		t.Errorf("FindDevices of eth0 anywhere = %v, %v, want both %v and %v", got, err, a, b)
	}
	for _, tt := range []struct {
		name string
		in   uint32
		want string
	}{
		{"veth9", a.Netns, `no veth device "veth9": the veth devices are eth0`},
		{l.Ends[0].Netns + "/lo", 0, `no veth device "` + l.Ends[0].Netns + `/lo": the veth devices are eth0`},
		{"nowhere/eth0", 0, `no veth device "nowhere/eth0": there is no veth device where it was looked for`},
	} {
		if _, err := FindDevices(tt.name, tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("FindDevices(%q, %d): got  %v\nwant %s", tt.name, tt.in, err, tt.want)
		}
	}
}

func TestFindNetns(t *testing.T) {
	l := newLab(t)
	e := l.Ends[0]
	inside := exec.Command("ip", "netns", "exec", e.Netns, "cat")
	stdin, err := inside.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); inside.Wait() })
	pid := fmt.Sprint(inside.Process.Pid)
	poll(func() bool {
		n, err := netnsInode("/proc/" + pid + "/ns/net")
		return err == nil && n == uint32(e.NetnsInode)
	})
	for _, s := range []string{e.Netns, "/run/netns/" + e.Netns, pid, "/proc/" + pid + "/ns/net", fmt.Sprint(e.NetnsInode)} {
		got, err := FindNetns(s)
		want := Netns{Inode: uint32(e.NetnsInode), Name: e.Netns, Path: "/run/netns/" + e.Netns}
		if err != nil || got != want {
			t.Errorf("FindNetns(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	if got, err := FindNetns("host"); err != nil || got.Name != "host" {
		t.Errorf("FindNetns of host = %v, %v", got, err)
	}
}

// One that nothing but a thread holds is not in the list, and found by number.
func TestFindNetnsOfThread(t *testing.T) {
	needRoot(t)
	found, done := make(chan uint32), make(chan bool)
	var hold func()
	hold = func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() { // the process's own namespace is this thread's
			go hold()
			<-done
			runtime.UnlockOSThread()
			return
		}
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
		}
		inode, err := netnsInode("/proc/thread-self/ns/net")
		if err != nil {
			t.Error(err)
		}
		found <- inode
		<-done // and the thread ends
	}
	go hold()
	inode := <-found
	defer close(done)
	if slices.ContainsFunc(ListNetns(), func(n Netns) bool { return n.Inode == inode }) {
		t.Errorf("%d is in the list", inode)
	}
	if got, err := FindNetns(fmt.Sprint(inode)); err != nil || got.Inode != inode || got.Path == "" {
		t.Errorf("FindNetns(%d) = %v, %v", inode, got, err)
	}
}

func TestAmbiguousNetns(t *testing.T) {
	found := []inventory.Match{
		{Netns: inventory.Netns{Inode: 7}, What: "container web (docker)"},
		{Netns: inventory.Netns{Inode: 8}, What: "container web (podman)"},
	}
	want := `"web" may be any of 2 network namespaces, give the number of one: 7 container web (docker); 8 container web (podman)`
	if got := ambiguous("web", found).Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// What every command that traces does at its start, and again when it sees
// devices it does not know.
func BenchmarkListNetns(b *testing.B) {
	for b.Loop() {
		ListNetns()
	}
}

func TestFindNetnsSaysWhatIsWrong(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]string{
		"nowhere":    "no network namespace \"nowhere\": give a name that `ip netns` lists, a path such as /proc/PID/ns/net, or a PID",
		"/nowhere":   "no network namespace at /nowhere: no such file or directory",
		file:         "no network namespace at " + file + ": it is not a namespace: invalid argument",
		"2147483647": "no process 2147483647 whose network namespace can be read: no such file or directory",
	} {
		if _, err := FindNetns(s); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("FindNetns(%q): got  %v\nwant %s", s, err, want)
		}
	}
}
