// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

const (
	// topRounds is how often top is started and measured.
	topRounds = 5
	// topWindow is how long it is measured under load.
	topWindow = 4 * time.Second
	// clockTick is the unit of utime and stime in /proc/PID/stat, USER_HZ.
	clockTick = 10 * time.Millisecond
)

// topCost is what one run of top used.
type topCost struct {
	firstScreen time.Duration
	hopsPerSec  float64
	cpuShare    float64
	rssMiB      float64
}

// BenchmarkTop prints what `vethtrace top` costs in user space, on a terminal
// of 120x40, while both CPUs send pings as fast as they can.
func BenchmarkTop(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root")
	}
	bin := filepath.Join(b.TempDir(), "vethtrace")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	l, err := lab.Up(lab.Options{Name: "bench-top"})
	if err != nil {
		b.Fatal(err)
	}
	defer lab.Down(l.Name)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for cpu := range 2 {
		go lab.Ping{CPU: cpu}.Run(ctx, l)
	}
	var all []topCost
	for b.Loop() {
		for range topRounds {
			all = append(all, measureTop(b, bin, l.Name))
		}
	}
	median := func(of func(topCost) float64) float64 {
		var v []float64
		for _, c := range all {
			v = append(v, of(c))
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	share := median(func(c topCost) float64 { return 100 * c.cpuShare })
	rss := median(func(c topCost) float64 { return c.rssMiB })
	first := median(func(c topCost) float64 { return c.firstScreen.Seconds() })
	fmt.Printf("\nvethtrace top at %.0f hops/s, medians of %d runs\n", median(func(c topCost) float64 { return c.hopsPerSec }), len(all))
	goal := func(what string, value, limit float64, unit string) {
		verdict := "holds"
		if value >= limit {
			verdict = "missed"
		}
		fmt.Printf("  %-28s %6.2f %s, goal < %g: %s\n", what, value, unit, limit, verdict)
	}
	goal("user-space CPU, of one CPU", share, 3, "%")
	goal("resident memory", rss, 64, "MiB")
	goal("start to first numbers", first, 1, "s")
}

func measureTop(b *testing.B, bin, labName string) topCost {
	b.Helper()
	pty, tty := openPTY(b, 120, 40)
	defer pty.Close()
	cmd := exec.Command(bin, "top")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	tty.Close()
	defer cmd.Wait()
	defer cmd.Process.Kill()
	seen := make(chan time.Duration, 1)
	go func() {
		var screen bytes.Buffer
		buf := make([]byte, 64<<10)
		for {
			n, err := pty.Read(buf)
			if err != nil {
				return
			}
			// A terminal answers what it is asked (the cursor's place, the
			// background); without that the program waits for it.
			if bytes.Contains(buf[:n], []byte("\x1b[6n")) {
				io.WriteString(pty, "\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[1;1R")
			}
			if screen.Len() < 1<<20 {
				screen.Write(buf[:n])
				if bytes.Contains(screen.Bytes(), []byte(labName)) {
					select {
					case seen <- time.Since(start):
					default:
					}
				}
			}
		}
	}()
	var c topCost
	select {
	case c.firstScreen = <-seen:
	case <-time.After(20 * time.Second):
		b.Fatal("top shows no device within 20 s")
	}
	hops, cpu, at := labPackets(b, labName), processCPU(b, cmd.Process.Pid), time.Now()
	time.Sleep(topWindow)
	elapsed := time.Since(at).Seconds()
	c.hopsPerSec = float64(labPackets(b, labName)-hops) / elapsed
	c.cpuShare = (processCPU(b, cmd.Process.Pid) - cpu).Seconds() / elapsed
	c.rssMiB = float64(residentKiB(b, cmd.Process.Pid)) / 1024
	return c
}

func labPackets(b *testing.B, name string) uint64 {
	b.Helper()
	l, err := lab.Show(name)
	if err != nil {
		b.Fatal(err)
	}
	return l.Ends[0].RXPackets + l.Ends[1].RXPackets
}

// processCPU returns user and system time of a process, all threads.
func processCPU(b *testing.B, pid int) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	utime, _ := strconv.Atoi(fields[11])
	stime, _ := strconv.Atoi(fields[12])
	return time.Duration(utime+stime) * clockTick
}

func residentKiB(b *testing.B, pid int) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.Atoi(strings.Fields(rest)[0])
	return kib
}

// openPTY returns the two sides of a new terminal.
func openPTY(b *testing.B, width, height uint16) (pty, tty *os.File) {
	b.Helper()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	fd := int(pty.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		b.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		b.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height}); err != nil {
		b.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.Fatal(err)
	}
	return pty, tty
}
