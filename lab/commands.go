// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"path"
	"slices"
)

// UpCommands returns what one would type instead of calling [Up], with iproute2,
// sysctl and nft. It changes nothing and needs no privilege.
func UpCommands(opts Options) ([]Command, error) {
	p, err := plannedAs(opts)
	if err != nil {
		return nil, err
	}
	lines, err := commandsOf(p.steps)
	if err != nil {
		return nil, err
	}
	return append(lines, settingCommands(p.settings)...), nil
}

// UpUndoCommands returns what one would type to undo those, but for settings of a
// host that was there: what they were is known when they are changed.
func UpUndoCommands(opts Options) ([]Command, error) {
	p, err := plannedAs(opts)
	if err != nil {
		return nil, err
	}
	return undoCommandsOf(p.steps)
}

func plannedAs(opts Options) (*plan, error) {
	if opts.Name == "" {
		opts.Name = DefaultName
	}
	if err := validateName(opts.Name); err != nil {
		return nil, err
	}
	shape, err := opts.Shape.normalized()
	if err != nil {
		return nil, err
	}
	subnet, err := readSubnet(opts.Name)
	if err == nil && subnet == 0 {
		subnet, err = freeSubnet(opts.Name)
	}
	if err != nil {
		return nil, err
	}
	return newPlan(opts.Name, shape, subnet), nil
}

// ApplyCommands returns what one would type instead of calling [Apply].
func ApplyCommands(name string, settings ...Setting) (lines []Command, err error) {
	checked, err := resolveAll(name, settings)
	if err != nil {
		return nil, err
	}
	return settingCommands(checked), nil
}

func settingCommands(settings []Setting) (lines []Command) {
	for _, s := range settings {
		for _, line := range s.script(s.Value) {
			lines = append(lines, Command{Why: fmt.Sprintf("set %s to %s", s.what(), s.Value), Line: line})
		}
	}
	return lines
}

// DownCommands returns what one would type instead of calling [Down]: there is
// none when there is no such lab.
func DownCommands(name string) ([]Command, error) {
	lines, err := UndoCommands(name)
	if err != nil {
		return nil, err
	}
	j, err := readJournal(name)
	if err != nil {
		return nil, err
	}
	more, err := undoCommandsOf(j.Steps)
	return append(lines, more...), err
}

// UndoCommands returns what one would type instead of calling [Undo].
func UndoCommands(name string) (lines []Command, err error) {
	changes, err := Changes(name)
	if err != nil {
		return nil, err
	}
	for _, c := range slices.Backward(changes) {
		for _, line := range c.unscript() {
			lines = append(lines, Command{Why: "undo: " + c.String(), Line: line})
		}
	}
	return lines, nil
}

// unscript writes what was before, and then what the kernel does not set to the
// same along with it.
func (c Change) unscript() []string {
	lines := c.Setting.script(c.Before)
	for _, r := range c.Related {
		if r.Before != c.Before || path.Base(r.Path) == "accept_redirects" {
			lines = append(lines, in(c.Netns, "sysctl -w "+quote(r.dotted()+"="+r.Before)))
		}
	}
	return lines
}
