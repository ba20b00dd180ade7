// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"slices"
)

// Apply makes changes, of a lab or of any other namespace, writes each down
// before under the lab's name, and returns them with what was before. The lab
// need not be there: then it has changes only. [Undo] and [Down] put the old
// values back. A change that is none is returned but not written down. When one
// fails, those before it are undone.
func Apply(name string, settings ...Setting) ([]Change, error) {
	return apply(name, settings, func(string) {})
}

func apply(name string, settings []Setting, step func(string)) (made []Change, err error) {
	checked, err := resolveAll(name, settings)
	if err != nil {
		return nil, err
	}
	unlock, err := begin(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	step("lock")
	j, found, err := readOrNewJournal(name)
	if err != nil {
		return nil, err
	}
	if same, err := j.sameBoot(); err != nil {
		return nil, err
	} else if found && !same {
		return nil, fmt.Errorf("lab %q is from before the last boot: take it down first (vethtrace lab down --name %s): %w",
			name, name, ErrIncomplete)
	}
	s := newSite(j, step)
	defer s.close()
	before := len(j.Changes)
	made, err = s.apply(checked)
	if err == nil {
		return made, nil
	}
	return nil, errors.Join(err, s.rollBack(before))
}

func resolveAll(name string, settings []Setting) (checked []Setting, err error) {
	for _, setting := range settings {
		c, err := setting.resolved(name)
		if err != nil {
			return nil, err
		}
		checked = append(checked, c)
	}
	return checked, nil
}

func (s *site) apply(settings []Setting) (made []Change, err error) {
	for _, setting := range settings {
		if err := s.adopt(setting.Netns); err != nil {
			return nil, err
		}
		c := &Change{Setting: setting}
		already, err := c.prepare(s)
		if err != nil {
			return nil, err
		}
		if !already {
			s.Changes = append(s.Changes, c)
			if err := s.save(); err != nil {
				return nil, err
			}
			s.step("journal " + c.what())
			if err := c.do(s); err != nil {
				return nil, err
			}
		}
		made = append(made, *c)
	}
	return made, nil
}

// rollBack undoes the changes from the n-th on, and removes the journal if that
// leaves nothing.
func (s *site) rollBack(n int) error {
	if len(s.Changes) == n {
		return nil // nothing was written down
	}
	if err := s.undoChangesFrom(n); err != nil {
		return errors.Join(err, s.save())
	}
	return s.saveOrRemove()
}

// Undo puts back what [Apply] changed, the last change first, and leaves the lab
// as it is otherwise. It returns a sentence for each value that it left because
// somebody else changed it since.
func Undo(name string) (left []string, err error) {
	return undo(name, func(string) {})
}

func undo(name string, step func(string)) (left []string, err error) {
	unlock, err := begin(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	step("lock")
	j, err := readJournal(name)
	if errors.Is(err, ErrNoLab) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := newSite(j, step)
	defer s.close()
	if err := s.undoChanges(); err != nil {
		return s.left, fmt.Errorf("undoing changes of lab %q: %w", name, errors.Join(err, s.save()))
	}
	return s.left, s.saveOrRemove()
}

// undoChanges undoes all, or forgets them if a reboot has.
func (s *site) undoChanges() error {
	same, err := s.sameBoot()
	if err != nil {
		return err
	}
	if !same {
		s.Changes = nil
		return nil
	}
	return s.undoChangesFrom(0)
}

// undoChangesFrom writes down what is undone at once: a change before it would
// not know its own value again.
func (s *site) undoChangesFrom(n int) error {
	var kept []*Change
	var errs []error
	for i, c := range slices.Backward(s.Changes[n:]) {
		if err := c.undo(s); err != nil {
			kept = append([]*Change{c}, kept...)
			errs = append(errs, err)
			continue
		}
		s.Changes = append(s.Changes[:n+i:n+i], kept...)
		if err := s.save(); err != nil {
			return err
		}
		s.step("undo " + c.what())
	}
	return errors.Join(errs...)
}

// saveOrRemove removes the journal when nothing is in it.
func (s *site) saveOrRemove() error {
	if s.Shape != nil || len(s.Changes) > 0 {
		return s.save()
	}
	if err := removeDurable(journalPath(s.Name)); err != nil {
		return fmt.Errorf("removing journal of lab %q: %w", s.Name, err)
	}
	s.step("remove journal")
	return nil
}

// Changes returns what [Apply] changed and nobody has undone, the first one
// first; it needs no privilege.
func Changes(name string) ([]Change, error) {
	if err := validateName(name); err != nil {
		return nil, err
	}
	j, err := readJournal(name)
	if err != nil {
		return nil, err
	}
	return j.changes(), nil
}

func (j *journal) changes() (all []Change) {
	for _, c := range j.Changes {
		all = append(all, *c)
	}
	return all
}
