// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestUpShowDown(t *testing.T) {
	name := labName(t)
	links := hostLinks(t)
	l := mustUp(t, name)

	shown, err := Show(name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range shown.Ends { // the kernel's own IPv6 packets may go on
		shown.Ends[i].RXPackets, shown.Ends[i].TXPackets = l.Ends[i].RXPackets, l.Ends[i].TXPackets
		shown.Containers[i] = l.Containers[i]
	}
	if !reflect.DeepEqual(l, shown) {
		t.Errorf("Up and Show differ:\n%+v\n%+v", l, shown)
	}
	if labs, err := List(); err != nil || !slices.Contains(labs, name) {
		t.Errorf("List: got %q, %v, want %q in it", labs, err, name)
	}
	for i, end := range l.Ends {
		if end.Netns != netnsNames(name)[i] || end.Ifname != "eth0" || !end.Up {
			t.Errorf("end %d: got %+v", i, end)
		}
		out := command(t, "ip", "-n", end.Netns, "-o", "addr", "show")
		for _, want := range []string{end.IPv4.String(), end.IPv6.String(), "127.0.0.1/8"} {
			if !strings.Contains(out, " "+want+" ") {
				t.Errorf("end %d: no %s in\n%s", i, want, out)
			}
		}
		if strings.Contains(command(t, "ip", "-n", end.Netns, "-o", "addr", "show", "to", end.IPv6.String()), "tentative") {
			t.Errorf("end %d: %v is tentative", i, end.IPv6)
		}
		link := command(t, "ip", "-n", end.Netns, "-d", "-o", "link", "show", "dev", "eth0")
		if !strings.Contains(link, end.MAC.String()) || !strings.Contains(link, " veth ") {
			t.Errorf("end %d: MAC %v, but ip says\n%s", i, end.MAC, link)
		}
		if st, err := os.Stat(netnsPath(end.Netns)); err != nil {
			t.Error(err)
		} else if _, id, err := readPin(end.Netns); err != nil || id.Inode != end.NetnsInode {
			t.Errorf("end %d: inode %d, want %d (%v, %v)", i, end.NetnsInode, id.Inode, st.Name(), err)
		}
	}
	if l.Ends[0].NetnsInode == l.Ends[1].NetnsInode || bytes.Equal(l.Ends[0].MAC, l.Ends[1].MAC) {
		t.Errorf("both ends are the same: %+v", l.Ends)
	}
	if got := hostLinks(t); got != links {
		t.Errorf("devices outside the lab changed from\n%sto\n%s", links, got)
	}
	if err := Down(name); err != nil {
		t.Fatal(err)
	}
	wantGone(t, name)
	if got := hostLinks(t); got != links {
		t.Errorf("devices outside the lab changed from\n%sto\n%s", links, got)
	}
}

func TestUpTwice(t *testing.T) {
	name := labName(t)
	first, second := mustUp(t, name), mustUp(t, name)
	for i := range first.Ends {
		if first.Ends[i].NetnsInode != second.Ends[i].NetnsInode || !bytes.Equal(first.Ends[i].MAC, second.Ends[i].MAC) {
			t.Errorf("end %d was made anew: %+v, %+v", i, first.Ends[i], second.Ends[i])
		}
	}
}

func TestUpRemakesLabWithoutLink(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	command(t, "ip", "-n", l.Ends[1].Netns, "link", "del", "eth0")
	if _, err := Show(name); !errors.Is(err, ErrIncomplete) {
		t.Errorf("Show: got %v, want %v", err, ErrIncomplete)
	}
	for i, end := range mustUp(t, name).Ends {
		if !end.Up {
			t.Errorf("end %d is not up", i)
		}
	}
}

func TestUpRemakesLabWhoseNamespaceWasDeleted(t *testing.T) {
	name := labName(t)
	command(t, "ip", "netns", "del", mustUp(t, name).Ends[0].Netns)
	mustUp(t, name)
}

func TestDownTwiceAndWithoutUp(t *testing.T) {
	name := labName(t)
	mustUp(t, name)
	for range 3 {
		if err := Down(name); err != nil {
			t.Error(err)
		}
		wantGone(t, name)
	}
}

// The last lab to go takes the directories and the mount with it that the
// first one had to make.
func TestLastDownRemovesDirectories(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	name, other := labName(t), labName(t)
	mustUp(t, name)
	mustUp(t, other)
	if err := Down(name); err != nil {
		t.Fatal(err)
	}
	if _, err := Show(other); err != nil {
		t.Error(err)
	}
	if err := Down(other); err != nil {
		t.Fatal(err)
	}
	wantEmptyRun(t)

	// What others use by now stays, and is theirs.
	mustUp(t, name)
	command(t, "ip", "netns", "add", "theirs")
	if err := Down(name); err != nil {
		t.Fatal(err)
	}
	command(t, "ip", "netns", "exec", "theirs", "true")
	if entries, err := os.ReadDir(runDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left with %v, %v", runDir, entries, err)
	}
}

func TestConcurrentUpAndDown(t *testing.T) {
	name := labName(t)
	other := labName(t)
	var wg sync.WaitGroup
	for range 4 {
		for _, n := range []string{name, other} {
			wg.Go(func() {
				if _, err := Up(Options{Name: n}); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := Down(n); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	a, b := mustUp(t, name), mustUp(t, other)
	if a.Ends[0].IPv4 == b.Ends[0].IPv4 {
		t.Errorf("both labs have %v", a.Ends[0].IPv4)
	}
}

func TestWithoutPrivilege(t *testing.T) {
	if requireCaps() == nil {
		t.Skip("needs a user who is not root")
	}
	_, upErr := Up(Options{})
	_, showErr := Show("demo")
	for _, err := range []error{upErr, showErr, Down("demo")} {
		if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "run as root") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := List(); err != nil {
		t.Error(err)
	}
}

// Who made a lab can take it down again without asking.
func TestUpNew(t *testing.T) {
	name := labName(t)
	first, err := Up(Options{Name: name, New: true})
	if err != nil {
		t.Fatal(err)
	}
	if l, err := Up(Options{Name: name, New: true}); !errors.Is(err, ErrExists) || l != nil {
		t.Errorf("got %+v, %v, want %v", l, err, ErrExists)
	}
	if l, err := Show(name); err != nil || l.Ends[0].NetnsInode != first.Ends[0].NetnsInode {
		t.Errorf("the lab was %+v, is %+v, %v", first, l, err)
	}
}
