// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func netnsInode(t *testing.T, netns string) string {
	t.Helper()
	return command(t, "stat", "-L", "-c", "%i", netnsPath(netns))
}

func TestForeignNetnsIsRefused(t *testing.T) {
	name := labName(t)
	for _, foreign := range netnsNames(name) {
		command(t, "ip", "netns", "add", foreign)
		before := netnsInode(t, foreign)
		_, upErr := Up(Options{Name: name})
		for _, err := range []error{upErr, Down(name)} {
			if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), foreign) {
				t.Errorf("got %v, want it to refuse %s", err, foreign)
			}
		}
		if got := netnsInode(t, foreign); got != before {
			t.Errorf("%s changed from inode %s to %s", foreign, before, got)
		}
		if got := traces(t, name); len(got) == 0 || strings.Contains(got[0], runDir) {
			t.Errorf("left after refusing: %q", got)
		}
		command(t, "ip", "netns", "del", foreign)
	}
	wantGone(t, name)
}

// Somebody deletes a namespace of the lab and makes one of the same name, to
// which the kernel may well give the same inode.
func TestReplacedNetnsIsRefused(t *testing.T) {
	name := labName(t)
	l := mustUp(t, name)
	foreign := l.Ends[0].Netns
	command(t, "ip", "netns", "del", foreign)
	command(t, "ip", "netns", "add", foreign)
	before := netnsInode(t, foreign)
	_, upErr := Up(Options{Name: name})
	_, showErr := Show(name)
	for _, err := range []error{upErr, showErr, Down(name)} {
		if !errors.Is(err, ErrForeign) {
			t.Errorf("got %v, want %v", err, ErrForeign)
		}
	}
	if got := netnsInode(t, foreign); got != before {
		t.Errorf("%s changed from inode %s to %s", foreign, before, got)
	}
	command(t, "ip", "netns", "del", foreign)
	if err := Down(name); err != nil {
		t.Error(err)
	}
	wantGone(t, name)
}

// A file that is no namespace is somebody's too.
func TestForeignFileIsRefused(t *testing.T) {
	name := labName(t)
	mustUp(t, labName(t)) // makes the directory
	path := netnsPath(netnsNames(name)[0])
	for _, content := range []string{"", "text"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Down(name); !errors.Is(err, ErrForeign) {
			t.Errorf("content %q: got %v, want %v", content, err, ErrForeign)
		}
		if err := os.Remove(path); err != nil {
			t.Errorf("content %q: %v", content, err)
		}
	}
}
