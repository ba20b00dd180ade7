// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Mark is a change that somebody made, or undid.
type Mark struct {
	// Lab is the name it is written down under.
	Lab string
	// Undone says that it is not in force any more. Then Before is what the lab
	// had set, and After what was found in its place, "" when the namespace or
	// the device is gone.
	Undone bool
	// TimeNS is when the value was written, or when it was found that it had been
	// undone: CLOCK_MONOTONIC, in nanoseconds.
	TimeNS uint64
	Change
}

// Marks follows the changes of all labs by their journals. It takes no lock, and
// needs no privilege but to find out what an undone value is now. What is done
// and undone between two calls of [Marks.New] it does not see.
type Marks struct {
	labs map[string]seenJournal
}

// seenJournal is a journal as it was read last.
type seenJournal struct {
	journal *journal
	changed time.Time
	inode   uint64
}

// FollowMarks begins: what is in force already is no mark.
func FollowMarks() *Marks {
	m := &Marks{labs: make(map[string]seenJournal)}
	m.New()
	return m
}

// New returns what came since the last call, in the order of time. A journal
// that cannot be read has none.
func (m *Marks) New() (marks []Mark) {
	names, err := List()
	if err != nil {
		return nil
	}
	for name, seen := range m.labs {
		if !slices.Contains(names, name) {
			marks = append(marks, marksBetween(name, seen.journal, nil)...)
			delete(m.labs, name)
		}
	}
	for _, name := range names {
		var st unix.Stat_t
		if err := unix.Stat(journalPath(name), &st); err != nil {
			continue
		}
		now := seenJournal{changed: time.Unix(st.Mtim.Unix()), inode: st.Ino}
		seen := m.labs[name]
		if seen.inode == now.inode && seen.changed.Equal(now.changed) {
			continue
		}
		j, err := readJournal(name)
		if err != nil {
			continue
		}
		now.journal = j
		marks = append(marks, marksBetween(name, seen.journal, j)...)
		m.labs[name] = now
	}
	slices.SortStableFunc(marks, func(a, b Mark) int { return int(int64(a.TimeNS - b.TimeNS)) })
	return marks
}

// marksBetween compares two states of a journal, of which one may be nil.
func marksBetween(name string, before, after *journal) (marks []Mark) {
	old, now := before.done(), after.done()
	for _, c := range now {
		if !hasChange(old, c) {
			marks = append(marks, Mark{Lab: name, TimeNS: c.TimeNS, Change: *c})
		}
	}
	for _, c := range slices.Backward(old) {
		if !hasChange(now, c) {
			undone := *c
			undone.Before, undone.After = c.After, before.valueNow(c)
			marks = append(marks, Mark{Lab: name, Undone: true, TimeNS: monotonicNS(), Change: undone})
		}
	}
	return marks
}

// done are the changes that were made: the last one may be on the way.
func (j *journal) done() (all []*Change) {
	if j == nil {
		return nil
	}
	for _, c := range j.Changes {
		if c.After != "" {
			all = append(all, c)
		}
	}
	return all
}

func hasChange(in []*Change, c *Change) bool {
	return slices.ContainsFunc(in, func(o *Change) bool {
		return o.TimeNS == c.TimeNS && o.Kind == c.Kind && o.Inode == c.Inode && o.Ifindex == c.Ifindex && o.Key == c.Key
	})
}

// valueNow is what somebody would read, "" when that is not possible.
func (j *journal) valueNow(c *Change) string {
	if os.Geteuid() != 0 {
		return ""
	}
	s := newSite(j, func(string) {})
	defer s.close()
	now := *c
	k, err := now.knob()
	if err != nil {
		return ""
	}
	if there, err := now.find(s); err != nil || !there {
		return ""
	}
	ns, err := s.netns(c.Netns)
	if err != nil {
		return ""
	}
	value, err := k.read(ns, now.Setting)
	if err != nil {
		return ""
	}
	return value
}

// monotonicNS is the clock of traces.
func monotonicNS() uint64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return uint64(ts.Nano())
}
