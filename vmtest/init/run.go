// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/results"
)

// run does what the plan says, and records it.
func run() {
	out, err := openResults()
	if err != nil {
		fmt.Fprintf(os.Stderr, "opening %s: %v\n", guest.ResultsDevice, err)
		return
	}
	r := guest.NewRecorder(out)
	r.Write(guest.Record{Kind: guest.Booted, Text: release(), Seconds: uptime()})
	if err := prepare(); err != nil {
		r.Write(guest.Record{Kind: guest.Trouble, Text: err.Error()})
	}
	plan, err := readPlan()
	if err != nil {
		r.Write(guest.Record{Kind: guest.Trouble, Text: err.Error()})
	}
	if plan.Facts {
		for _, fact := range facts() {
			r.Write(guest.Record{Kind: guest.Fact, Text: fact})
		}
	}
	if plan.Check {
		stream(exec.Command(guest.Vethtrace, "check"), func(line string) {
			r.Write(guest.Record{Kind: guest.Check, Text: line})
		})
	}
	var again []guest.Step
	for _, s := range plan.Steps {
		if failed := runStep(r, s, plan, false); len(failed) > 0 && len(failed) <= mostAgain {
			s.Run = "^(" + strings.Join(failed, "|") + ")$"
			again = append(again, s)
		}
	}
	for _, s := range again {
		runStep(r, s, plan, true)
	}
	r.Write(guest.Record{Kind: guest.Done, Seconds: uptime()})
	// What was written has to leave the machine before it is switched off.
	unix.IoctlSetInt(int(out.Fd()), unix.TCSBRK, 1)
}

func prepare() error {
	unix.Sethostname([]byte("vmtest"))
	if lo, err := netlink.LinkByName("lo"); err == nil {
		netlink.LinkSetUp(lo)
	}
	return loadModules()
}

func readPlan() (plan guest.Plan, err error) {
	data, err := os.ReadFile(guest.PlanFile)
	if err != nil {
		return plan, fmt.Errorf("reading the plan: %w", err)
	}
	if err := json.Unmarshal(data, &plan); err != nil {
		return plan, fmt.Errorf("decoding the plan: %w", err)
	}
	return plan, nil
}

// mostAgain is how many failed tests of a step may be run again: more is no
// matter of luck.
const mostAgain = 5

// runStep returns the tests that failed.
func runStep(r *guest.Recorder, s guest.Step, plan guest.Plan, again bool) (failed []string) {
	record := func(of guest.Record) {
		of.Package, of.Mode, of.Again = s.Name, s.Mode, again
		r.Write(of)
	}
	record(guest.Record{Kind: guest.Start})
	start := time.Now()
	cmd := exec.Command(s.Binary, "-test.v=test2json", "-test.paniconexit0",
		"-test.timeout", fmt.Sprintf("%ds", plan.TimeoutSeconds), "-test.run", s.Run)
	cmd.Dir = s.Dir
	cmd.Env = []string{
		"PATH=/bin", "HOME=/root", "TERM=xterm", "TMPDIR=/tmp", "LANG=C.UTF-8",
		"VETHTRACE_VM=1", "VETHTRACE_MODE=" + s.Mode, "VETHTRACE_TURN=" + plan.Turn,
	}
	exit := stream(cmd, func(line string) {
		record(guest.Record{Kind: guest.Output, Text: line})
		if rest, ok := strings.CutPrefix(strings.TrimLeft(line, results.Marker), guest.FailedTest); ok {
			failed = append(failed, strings.Fields(rest + " ")[0])
		}
	})
	record(guest.Record{Kind: guest.End, Exit: exit, Seconds: time.Since(start).Seconds()})
	return failed
}

// stream runs a command, hands over its output by lines and returns its exit
// status.
func stream(cmd *exec.Cmd, use func(line string)) int {
	// A pipe of our own: a process the tests left behind may keep it open.
	reader, writer, err := os.Pipe()
	if err != nil {
		use(err.Error())
		return -1
	}
	cmd.Stdout, cmd.Stderr = writer, writer
	err = cmd.Start()
	writer.Close()
	if err != nil {
		use(err.Error())
		return -1
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		in := bufio.NewReader(reader)
		for {
			line, err := in.ReadString('\n')
			if line != "" {
				use(strings.TrimSuffix(line, "\n"))
			}
			if err != nil {
				return
			}
		}
	}()
	cmd.Wait()
	select {
	case <-drained:
	case <-time.After(5 * time.Second):
		use("vmtest: something the tests started still runs and holds their output")
	}
	return cmd.ProcessState.ExitCode()
}
