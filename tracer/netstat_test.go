// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// counters has those named, the others as on a kernel without them.
func countersOf(named map[string]int64) netCounters {
	var c netCounters
	for i, name := range TCPCounterNames {
		n, ok := named[name]
		if !ok {
			n = noCounter
		}
		c[i] = n
	}
	return c
}

func TestNetstatParse(t *testing.T) {
	const snmp = "Ip: Forwarding\nIp: 1\nTcp: RtoMin MaxConn RetransSegs InErrs\nTcp: 200 -1 7 0\nUdp: RetransSegs\nUdp: 3\n"
	for _, tt := range []struct {
		name, snmp, ext string
		want            map[string]int64
	}{
		{"nothing", "", "", nil},
		{"snmp alone", snmp, "", map[string]int64{"TcpRetransSegs": 7}},
		{"in any order", snmp, "TcpExt: TCPTimeouts TCPFastRetrans New\nTcpExt: 1 2 -3\nIpExt: TCPSynRetrans\nIpExt: 9\n",
			map[string]int64{"TcpRetransSegs": 7, "TCPTimeouts": 1, "TCPFastRetrans": 2}},
		{"several rows", "", "TcpExt: TCPTimeouts\nTcpExt: 1\nTcpExt: TCPDSACKRecv\nTcpExt: 0\n",
			map[string]int64{"TCPTimeouts": 1, "TCPDSACKRecv": 0}},
		{"no row of names alone", "", "\n \nTcpExt:\nTcpExt:\n", nil},
		{"the prefix is the row's", "Tcp: TCPTimeouts\nTcp: 1\n", "TcpExt: RetransSegs\nTcpExt: 1\n", nil},
		{"large", "", fmt.Sprintf("TcpExt: TCPTimeouts\nTcpExt: %d\n", math.MaxInt64), map[string]int64{"TCPTimeouts": math.MaxInt64}},
	} {
		got, err := parseNetstat([]byte(tt.snmp), []byte(tt.ext))
		if want := countersOf(tt.want); err != nil || got != want {
			t.Errorf("%s: got %v, %v\nwant %v", tt.name, got, err, want)
		}
	}
}

func TestNetstatParseRefuses(t *testing.T) {
	for ext, want := range map[string]string{
		"TcpExt: A B\nTcpExt: 1\n":               "row TcpExt: has 2 names and 1 values",
		"TcpExt: A\n":                            "row TcpExt: has names and no values",
		"TcpExt: TCPTimeouts\nTcpExt: x\n":       `row TcpExt: TCPTimeouts: strconv.ParseInt: parsing "x": invalid syntax`,
		"TcpExt: TCPTimeouts\nTcpExt: -1\n":      "row TcpExt: TCPTimeouts: -1 is negative",
		"TcpExt: A\nTcpExt: 1\nTcpExt: A B\n\n ": "row TcpExt: has names and no values",
	} {
		if _, err := parseNetstat(nil, []byte(ext)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", ext, err, want)
		}
	}
}

func FuzzNetstatParse(f *testing.F) {
	f.Add([]byte("Tcp: RetransSegs\nTcp: 1\n"), []byte("TcpExt: TCPTimeouts\nTcpExt: 18446744073709551615\n"))
	f.Fuzz(func(t *testing.T, snmp, ext []byte) {
		c, err := parseNetstat(snmp, ext)
		for i, n := range c {
			if err == nil && n < noCounter {
				t.Errorf("%s is %d", TCPCounterNames[i], n)
			}
		}
	})
}

func TestNetstatSince(t *testing.T) {
	at := func(retrans, timeouts int64) netCounters {
		return countersOf(map[string]int64{"TcpRetransSegs": retrans, "TCPTimeouts": timeouts})
	}
	for _, tt := range []struct {
		name             string
		start, now, want netCounters
	}{
		{"grown", at(3, 0), at(10, 1), at(7, 1)},
		{"there was none", netCounters{}, at(10, 1), at(10, 1)},
		{"another namespace of that inode", at(9, 4), at(10, 1), at(10, 1)},
		{"a counter that came later", at(3, noCounter), at(4, 5), at(1, 5)},
	} {
		if got := tt.now.since(tt.start); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNetstatNoNamespace(t *testing.T) {
	if _, err := readNetstat("/nowhere"); err == nil || !strings.HasPrefix(err.Error(), "reading TCP counters: opening network namespace: ") {
		t.Errorf("got %v", err)
	}
	if _, err := readNetstat("/dev/null"); err == nil || !strings.HasPrefix(err.Error(), "reading TCP counters: entering network namespace /dev/null: ") {
		t.Errorf("got %v", err)
	}
	n := newNetstats([]Netns{{Inode: 1, Path: "/nowhere"}})
	if got, ok := n.growth(Netns{Inode: 1, Path: "/nowhere"}); ok {
		t.Errorf("got %v of a namespace that is not there", got)
	}
}

// netnsWith returns the path of a new network namespace in which setup ran on the
// thread that is in it. It ends with the test.
func netnsWith(t *testing.T, setup func() error) string {
	t.Helper()
	ready, end, ended := make(chan error), make(chan struct{}), make(chan struct{})
	var path string
	go func() {
		defer close(ended)
		runtime.LockOSThread() // and never unlocked: the thread ends here
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
			err = setup()
		}
		ready <- err
		<-end
	}()
	t.Cleanup(func() {
		close(end)
		<-ended
	})
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	return path
}

// connectToNobody sends a SYN that nobody answers, and so sends it again after
// 1, 3, 7 s.
func connectToNobody(t *testing.T) error {
	const devices = `ip link add name va type veth peer name vb && ip link set vb up && ip link set va up &&
		ip addr add 10.9.0.1/24 dev va && ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:09 dev va`
	if out, err := exec.Command("sh", "-c", devices).CombinedOutput(); err != nil {
		return fmt.Errorf("making devices: %w: %s", err, out)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: 9, Addr: [4]byte{10, 9, 0, 2}}); !errors.Is(err, unix.EINPROGRESS) {
		return fmt.Errorf("connecting: %w", err)
	}
	return nil
}

// TestNetstatOfNamespace compares the counters of a namespace, where something
// was sent again, with what another program reads.
func TestNetstatOfNamespace(t *testing.T) {
	onceInVM(t)
	if os.Geteuid() != 0 {
		t.Skip("needs root to make and enter a network namespace")
	}
	if _, err := exec.LookPath("nsenter"); err != nil {
		t.Skip("needs nsenter:", err)
	}
	path := netnsWith(t, func() error { return connectToNobody(t) })
	inode, err := netnsInode(path)
	if err != nil {
		t.Fatal(err)
	}
	ns := Netns{Inode: inode, Name: "x", Path: path}
	before, without := newNetstats([]Netns{ns}), newNetstats(nil)
	var got NetnsTCP
	synRetrans, segs := slices.Index(TCPCounterNames[:], "TCPSynRetrans"), slices.Index(TCPCounterNames[:], "TcpRetransSegs")
	// The kernel counts one after the other.
	if !poll(func() bool {
		var ok bool
		got, ok = without.growth(ns)
		return ok && got.Counters[synRetrans] > 0 && got.Counters[segs] > 0
	}) {
		t.Fatalf("got %+v: no SYN was sent again", got)
	}
	want := nsenterCounters(t, path)
	if got.Counters != want || got.Netns != inode || got.NetnsName != "x" {
		t.Errorf("got  %+v\nwant %v of namespace %d", got, want, inode)
	}
	if got, ok := before.growth(ns); !ok || got.Counters != want {
		t.Errorf("since before: got %v, %t, want %v", got.Counters, ok, want)
	}
	grown := func(n int64) bool { return n > 0 }
	if got, ok := newNetstats([]Netns{ns}).growth(ns); !ok || slices.ContainsFunc(got.Counters[:], grown) {
		t.Errorf("since now: got %v, %t", got.Counters, ok)
	}
	if got, ok := without.growth(Netns{Inode: inode + 1, Path: path}); ok {
		t.Errorf("got %v of another namespace than was asked for", got)
	}
	if own, err := netnsInode("/proc/thread-self/ns/net"); err != nil || own == inode {
		t.Errorf("this thread is in namespace %d, %v", own, err)
	}
}

// nsenterCounters reads the counters of a namespace with another program.
func nsenterCounters(t *testing.T, path string) netCounters {
	t.Helper()
	out, err := exec.Command("nsenter", "--net="+path, "cat", "/proc/net/snmp", "/proc/net/netstat").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := countersOf(nil)
	lines := strings.Split(string(out), "\n")
	for i, line := range lines {
		row, names, _ := strings.Cut(line, ": ")
		if row != "Tcp" && row != "TcpExt" {
			continue
		}
		values := strings.Fields(lines[i+1])
		for j, name := range strings.Fields(names) {
			if row == "Tcp" {
				name = "Tcp" + name
			}
			if at := slices.Index(TCPCounterNames[:], name); at >= 0 {
				if c[at], err = strconv.ParseInt(values[j+1], 10, 64); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return c
}
