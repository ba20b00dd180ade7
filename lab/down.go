// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
)

// Down removes a lab and every trace of it, also one whose maker was killed and
// one with processes still inside: their devices vanish at once, and the
// namespaces are freed when the last process leaves. It does nothing when there
// is no such lab, and changes nothing when a namespace of the lab's name is not
// the lab's own ([ErrForeign]).
func Down(name string) error {
	return down(name, func(string) {})
}

func down(name string, step func(string)) (err error) {
	unlock, err := begin(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	step("lock")
	return tearDown(name, step)
}

// tearDown needs the lock. Each step may have been done by one killed before;
// the journal goes last.
func tearDown(name string, step func(string)) error {
	j, err := readJournal(name)
	if errors.Is(err, ErrNoLab) {
		j = &journal{Name: name}
	} else if err != nil {
		return err
	}
	netns := netnsNames(name)
	var pins [2]pin
	for i, ns := range netns {
		if pins[i], err = j.owned(ns); err != nil {
			return fmt.Errorf("lab %q: %w", name, err)
		}
	}
	for i, ns := range netns {
		if pins[i] == pinNetns {
			if err := deletePair(ns); err != nil {
				return err
			}
			step("delete pair")
		}
	}
	for i, ns := range netns {
		if pins[i] != pinNone {
			if err := unpin(ns, step); err != nil {
				return err
			}
		}
	}
	if err := releaseNetnsDir(name, step); err != nil {
		return err
	}
	if err := removeDurable(journalPath(name)); err != nil {
		return fmt.Errorf("removing journal of lab %q: %w", name, err)
	}
	step("remove journal")
	return nil
}
