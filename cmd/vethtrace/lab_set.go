// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/vethtrace/vethtrace/lab"
)

// labSet is what the commands that change settings have in common.
type labSet struct {
	name   *string
	netns  string
	asJSON bool
	print  labPrint
}

func (s *labSet) add(cmd *command) *command {
	cmd.Flags().StringVar(&s.netns, "netns", "", "namespace: a, b, host, up of the lab, or a `name` that vethtrace ns has, a path, a PID (default that of the command)")
	cmd.Flags().BoolVar(&s.asJSON, "json", false, "print one JSON document")
	s.print.add(cmd)
	return cmd
}

// set makes the changes, or prints how to make them.
func (s *labSet) set(settings ...lab.Setting) error {
	for _, setting := range settings {
		if err := setting.Check(); err != nil {
			return usageError{err}
		}
	}
	for i := range settings {
		var err error
		if settings[i].Netns, err = labNetns(*s.name, settings[i].Netns); err != nil {
			return err
		}
	}
	if s.print.asked() {
		lines, err := lab.ApplyCommands(*s.name, settings...)
		return s.print.commands(os.Stdout, lines, err)
	}
	changes, err := lab.Apply(*s.name, settings...)
	if err != nil {
		return err
	}
	if s.asJSON {
		return json.NewEncoder(os.Stdout).Encode(struct {
			Type    string          `json:"type"`
			Schema  int             `json:"schema"`
			Name    string          `json:"name"`
			Changes []labChangeJSON `json:"changes"`
		}{"lab_change", 1, *s.name, changesJSON(changes)})
	}
	return writeChanges(os.Stdout, changes)
}

// writeChanges prints before and after; of RPS also which CPUs that are.
func writeChanges(w io.Writer, changes []lab.Change) error {
	for _, c := range changes {
		line := c.String()
		if c.Kind == lab.RPSKind {
			line += fmt.Sprintf(" (CPUs %s)", lab.CPUList(c.After))
		}
		if c.Before == c.After {
			line += ", as before"
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
