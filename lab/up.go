// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
)

// Up makes a lab and returns once packets pass over it. A complete lab of that
// name is returned as it stands, with whatever was set on it, when it has the
// shape asked for or none was; with [Options.New] it is an error. One that is
// incomplete or, without New, down is removed and made anew. When Up fails it
// leaves nothing behind.
func Up(opts Options) (*Lab, error) {
	return up(opts, func(string) {})
}

// up calls step after each thing done, so that a test can die there.
func up(opts Options, step func(string)) (l *Lab, err error) {
	name := opts.Name
	if name == "" {
		name = DefaultName
	}
	shape, err := opts.Shape.normalized()
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
	if found {
		if l, err := standing(j, opts, shape); l != nil || err != nil {
			return l, err
		}
		if opts.Shape.isZero() && j.Shape != nil {
			shape = *j.Shape
		}
		if j, err = clearAway(j, step); err != nil {
			return nil, err
		}
	}
	if err := build(j, newPlan(name, shape, j.Subnet), step); err != nil {
		return nil, fmt.Errorf("making lab %q: %w", name, err)
	}
	return show(name)
}

// standing returns the lab if it is there as it was asked for, or says why it
// can neither be returned nor made anew, or neither.
func standing(j *journal, opts Options, shape Shape) (*Lab, error) {
	l, err := show(j.Name)
	switch {
	case err == nil && opts.New, errors.Is(err, ErrNoLab) && opts.New:
		return nil, fmt.Errorf("making lab %q: %w", j.Name, ErrExists)
	case err == nil && !opts.Shape.isZero() && !shape.equal(l.Shape):
		return nil, fmt.Errorf("making lab %q (%s): %w; that is %s", j.Name, shape, ErrExists, l.Shape)
	case err == nil && l.up():
		return l, nil
	case err == nil, errors.Is(err, ErrNoLab), errors.Is(err, ErrIncomplete):
		return nil, nil
	}
	return nil, err
}

// clearAway takes away what is left of a topology, with all changes. Changes without
// one stay.
func clearAway(j *journal, step func(string)) (*journal, error) {
	same, err := j.sameBoot()
	if err != nil {
		return nil, err
	}
	if j.Shape == nil && same {
		return j, nil
	}
	if _, err := tearDown(j.Name, step); err != nil {
		return nil, err
	}
	j, _, err = readOrNewJournal(j.Name)
	return j, err
}

// begin is what each change of a lab starts with.
func begin(name string) (unlock func() error, err error) {
	if err := validateName(name); err != nil {
		return nil, err
	}
	if err := requireCaps(); err != nil {
		return nil, err
	}
	return lock()
}
