// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"

	"github.com/vethtrace/vethtrace/lab"
)

// labPrint is whether to print what one would type instead of doing it.
type labPrint struct {
	dryRun, explain bool
}

func (p *labPrint) add(cmd *command) {
	cmd.Flags().BoolVar(&p.dryRun, "dry-run", false, "do nothing, print the shell commands that do the same")
	cmd.Flags().BoolVar(&p.explain, "explain", false, "the same, with what each is good for")
}

func (p *labPrint) asked() bool { return p.dryRun || p.explain }

// commands prints lines, with a comment above those of each step if asked for.
func (p *labPrint) commands(w io.Writer, lines []lab.Command, err error) error {
	if err != nil {
		return err
	}
	why := ""
	for _, l := range lines {
		if p.explain && l.Why != why {
			why = l.Why
			if _, err := fmt.Fprintf(w, "# %s\n", why); err != nil {
				return err
			}
		}
		if _, err := fmt.Fprintln(w, l.Line); err != nil {
			return err
		}
	}
	return nil
}
