// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"slices"
)

// Down removes a lab and every trace of it, also one whose maker was killed and
// one with processes still inside: their devices vanish at once, and the
// namespaces are freed when the last process leaves. What [Apply] changed is put
// back, the last change first, but for values that somebody else changed since:
// see [TakeDown]. Down does nothing when there is no such lab, and changes
// nothing when a namespace of the lab's name is not the lab's own
// ([ErrForeign]).
func Down(name string) error {
	_, err := TakeDown(name)
	return err
}

// TakeDown is [Down], and returns a sentence for each value that it left as it
// is because somebody changed it after the lab did.
func TakeDown(name string) (left []string, err error) {
	return down(name, func(string) {})
}

func down(name string, step func(string)) (left []string, err error) {
	unlock, err := begin(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	step("lock")
	return tearDown(name, step)
}

// tearDown needs the lock. Each step may have been undone by one killed before;
// the journal goes last.
func tearDown(name string, step func(string)) (left []string, err error) {
	j, err := readJournal(name)
	if errors.Is(err, ErrNoLab) {
		j = &journal{Name: name}
		j.Steps = usualNetns(name)
	} else if err != nil {
		return nil, err
	}
	if err := j.checkOwned(); err != nil {
		return nil, fmt.Errorf("lab %q: %w", name, err)
	}
	s := newSite(j, step)
	defer s.close()
	if err := s.undoAll(); err != nil {
		return s.left, fmt.Errorf("taking down lab %q: %w", name, err)
	}
	if err := releaseNetnsDir(name, step); err != nil {
		return s.left, err
	}
	if err := removeDurable(journalPath(name)); err != nil {
		return s.left, fmt.Errorf("removing journal of lab %q: %w", name, err)
	}
	step("remove journal")
	return s.left, nil
}

// usualNetns are the namespaces that somebody would expect to be gone, without
// a journal that says whose they are.
func usualNetns(name string) (steps []step) {
	for _, r := range []string{role(0), role(1), roleHost, roleUplink} {
		steps = append(steps, step{Netns: &netnsStep{Name: netnsName(name, r)}})
	}
	return steps
}

// checkOwned makes sure, before anything is undone, that no namespace is someone
// else's.
func (j *journal) checkOwned() error {
	for _, st := range j.Steps {
		if st.Netns != nil {
			if _, err := j.owned(st.Netns.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// undoAll goes on after an error: what could not be undone stays in the journal.
func (s *site) undoAll() error {
	err := s.undoChanges()
	var kept []step
	for i, st := range slices.Backward(s.Steps) {
		undoErr := s.undo(st)
		if undoErr != nil {
			kept = append([]step{st}, kept...)
			err = errors.Join(err, undoErr)
		}
		s.Steps = append(s.Steps[:i:i], kept...)
	}
	if err != nil {
		return errors.Join(err, s.save())
	}
	return nil
}

// undo leaves the journal as it is: doing it twice does no harm.
func (s *site) undo(st step) error {
	op, err := st.operation()
	if err != nil {
		return err
	}
	if err := op.undo(s); err != nil {
		return err
	}
	if op.unscript() != nil {
		s.step("undo " + st.Why)
	}
	return nil
}
