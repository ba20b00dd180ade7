// SPDX-License-Identifier: Apache-2.0

package main

import (
	"sync"
	"time"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
)

// newMarks returns what vethtrace lab changed since the last call.
func newMarks(follow *lab.Marks) (marks []report.Mark) {
	for _, m := range follow.New() {
		marks = append(marks, markOf(m))
	}
	return marks
}

func markOf(m lab.Mark) report.Mark {
	mark := report.Mark{
		TSNS: m.TimeNS, Lab: m.Lab, Undone: m.Undone,
		Setting: string(m.Kind), Key: m.Key, Before: m.Before, After: m.After,
	}
	mark.Device.Netns, mark.Device.NetnsName = uint32(m.Inode), m.Netns
	for _, ns := range tracer.ListNetns() {
		if ns.Inode == mark.Device.Netns && ns.Name != "" {
			mark.Device.NetnsName = ns.Name
		}
	}
	mark.Device.Ifindex, mark.Device.Ifname = uint32(m.Ifindex), m.Device
	return mark
}

// markEvery is how often journals are looked at by those who wait for nothing
// else.
const markEvery = 200 * time.Millisecond

// collectMarks follows until stop is called, which returns all there were.
func collectMarks() (stop func() []report.Mark) {
	follow := lab.FollowMarks()
	done := make(chan struct{})
	var marks []report.Mark
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(markEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				marks = append(marks, newMarks(follow)...)
			}
		}
	})
	return func() []report.Mark {
		close(done)
		wg.Wait()
		return append(marks, newMarks(follow)...)
	}
}
