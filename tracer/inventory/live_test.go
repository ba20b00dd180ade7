// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// patience bounds each wait of these tests.
const patience = 30 * time.Second

func needRoot(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
}

// need skips a test without the programs it is about.
func need(t testing.TB, programs ...string) {
	t.Helper()
	needRoot(t)
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("needs %s: %v", p, err)
		}
	}
}

var number atomic.Int32

// uniqueName is one that nobody else uses.
func uniqueName(what string) string {
	return fmt.Sprintf("vt%s%d-%d", what, os.Getpid(), number.Add(1))
}

// newLab makes a lab of a name that nobody else uses.
func newLab(t testing.TB) *lab.Lab {
	t.Helper()
	needRoot(t)
	name := uniqueName("inv")
	l, err := lab.Up(lab.Options{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Down(name); err != nil {
			t.Errorf("cleaning up: %v", err)
		}
	})
	return l
}

// stage runs a shell script with arguments that sets something up, prints what
// it has to tell on one line, and then waits in $WAIT until its input ends and
// cleans up behind that: it does so also if this process is killed.
func stage(t testing.TB, script string, args ...string) (told []string) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{"-eu", "-c", script, "stage"}, args...)...)
	cmd.Env = append(os.Environ(), "WAIT=cat >/dev/null")
	cmd.Stderr = &strings.Builder{}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { stdin.Close(); stdout.Close() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	late.Stop()
	t.Cleanup(func() {
		stdin.Close()
		io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("cleaning up: %v: %s", err, cmd.Stderr)
		}
	})
	if err != nil {
		t.Fatalf("setting up: %v: %s", err, cmd.Stderr)
	}
	return strings.Fields(line)
}

// namespaceOf is the entry of an inode, which must be there.
func namespaceOf(t testing.TB, inv *Inventory, inode uint32) *Namespace {
	t.Helper()
	i := slices.IndexFunc(inv.Netns, func(n *Namespace) bool { return n.Inode == inode })
	if i < 0 {
		t.Fatalf("no namespace %d", inode)
	}
	if n := inv.Netns[i]; n.Unread != "" {
		t.Errorf("namespace %d: %s", inode, n.Unread)
	}
	return inv.Netns[i]
}

func device(t testing.TB, n *Namespace, ifname string) Device {
	t.Helper()
	i := slices.IndexFunc(n.Devices, func(d Device) bool { return d.Ifname == ifname })
	if i < 0 {
		t.Fatalf("no device %s in %s: %+v", ifname, n.Name, n.Devices)
	}
	return n.Devices[i]
}

// inodeOf is that of a process's namespace, or of a mount.
func inodeOf(t testing.TB, path string) uint32 {
	t.Helper()
	inode, err := InodeAt(path)
	if err != nil {
		t.Fatal(err)
	}
	return inode
}

// sleeper builds a program that does nothing, into a root file system of its
// own, and returns that.
func sleeper(t testing.TB) string {
	t.Helper()
	need(t, "go")
	dir := t.TempDir()
	source := filepath.Join(dir, "sleep.go")
	if err := os.WriteFile(source, []byte("package main\nimport \"time\"\nfunc main() { time.Sleep(10*time.Minute) }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "root")
	cmd := exec.Command("go", "build", "-o", filepath.Join(root, "sleep"), source)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building: %v: %s", err, out)
	}
	return root
}
