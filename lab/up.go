// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
)

// Up makes a lab and returns once packets pass over it. A complete lab of that
// name is returned as it stands, with whatever was set on it, or with
// [Options.New] is an error; one that is incomplete or, without New, down is
// removed and made anew. When Up fails it leaves nothing
// behind.
func Up(opts Options) (*Lab, error) {
	return up(opts, func(string) {})
}

// up calls step after each thing done, so that a test can die there.
func up(opts Options, step func(string)) (l *Lab, err error) {
	name := opts.Name
	if name == "" {
		name = DefaultName
	}
	unlock, err := begin(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	step("lock")

	l, err = show(name)
	switch {
	case err == nil && opts.New:
		return nil, fmt.Errorf("making lab %q: %w", name, ErrExists)
	case err == nil && l.Ends[0].Up && l.Ends[1].Up:
		return l, nil
	case err == nil, errors.Is(err, ErrNoLab), errors.Is(err, ErrIncomplete):
	default:
		return nil, err
	}
	if err := tearDown(name, step); err != nil {
		return nil, err
	}
	if err := build(name, step); err != nil {
		err = fmt.Errorf("making lab %q: %w", name, err)
		return nil, errors.Join(err, tearDown(name, step))
	}
	return show(name)
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
