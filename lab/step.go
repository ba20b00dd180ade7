// SPDX-License-Identifier: Apache-2.0

package lab

import "errors"

// operation is one thing done, in this process or from the journal of another.
type operation interface {
	// do does it. What undo has to know is in the journal before.
	do(*site) error
	// undo finds it done, half done, not done, or undone by others.
	undo(*site) error
	// script is what one would type to do the same.
	script() []string
	// unscript is what one would type to undo it, if that needs anything.
	unscript() []string
}

// step is one operation of a plan, as it is written in the journal: all but one
// of the pointers are nil.
type step struct {
	// Why says in a line what it is good for.
	Why     string       `json:"why"`
	Netns   *netnsStep   `json:"netns,omitempty"`
	Link    *linkStep    `json:"link,omitempty"`
	Adjust  *adjustStep  `json:"adjust,omitempty"`
	Address *addressStep `json:"address,omitempty"`
	Route   *routeStep   `json:"route,omitempty"`
	NAT     *natStep     `json:"nat,omitempty"`
	Value   *valueStep   `json:"value,omitempty"`
}

func (s step) operation() (operation, error) {
	switch {
	case s.Netns != nil:
		return s.Netns, nil
	case s.Link != nil:
		return s.Link, nil
	case s.Adjust != nil:
		return s.Adjust, nil
	case s.Address != nil:
		return s.Address, nil
	case s.Route != nil:
		return s.Route, nil
	case s.NAT != nil:
		return s.NAT, nil
	case s.Value != nil:
		return s.Value, nil
	}
	return nil, errors.New("the journal has a step that is empty")
}

// goesAlong is for steps in a namespace of the lab, or on a device of the lab:
// they go with it.
type goesAlong struct{}

func (goesAlong) undo(*site) error   { return nil }
func (goesAlong) unscript() []string { return nil }
