// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// pty is a terminal that shows nothing and answers no question.
type pty struct {
	slave *os.File
	done  chan struct{}

	mu  sync.Mutex
	got strings.Builder
}

func newPTY(t *testing.T, cols, rows uint16) *pty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("needs a pseudo terminal: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	size := &unix.Winsize{Col: cols, Row: rows}
	if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pty{slave: slave, done: make(chan struct{})}
	t.Cleanup(func() { slave.Close() })
	go func() {
		defer close(p.done)
		io.Copy(p, master) // ends with EIO when the last slave is closed
	}()
	return p
}

func (p *pty) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.got.Write(b)
}

// attach gives a command the terminal as its own. TERM is that of a terminal
// which is not asked for its colours.
func (p *pty) attach(cmd *exec.Cmd) *exec.Cmd {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.slave, p.slave, p.slave
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = true, true
	cmd.Env = append(cmd.Env, "TERM=tmux-256color")
	return cmd
}

// text returns everything that was written, once nobody can write any more.
func (p *pty) text(t *testing.T) string {
	t.Helper()
	p.slave.Close()
	<-p.done
	return strings.ReplaceAll(p.got.String(), "\r\n", "\n")
}
