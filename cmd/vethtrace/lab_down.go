// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/vethtrace/vethtrace/lab"
)

func newLabDown(name *string) *command {
	return labUndoing(name, &command{
		Use:   "down",
		Short: "Undo the lab and every change; do nothing if there is none",
		Long: `down undoes all that the journal says, the last thing first: changes, then
devices and namespaces. A value that somebody else changed after the lab did is
left as it is, with a message.`,
		Example: "  vethtrace lab down --name test1",
	}, lab.DownCommands, lab.TakeDown)
}

func newLabUndo(name *string) *command {
	return labUndoing(name, &command{
		Use:   "undo",
		Short: "Undo the changes (rps, rfs, sysctl, gro, qdisc, forward); leave the lab",
		Long: `undo puts back what the commands rps, rfs, sysctl, gro, qdisc and forward
changed under the lab's name, the last change first. A value that somebody else
changed after that is left as it is, with a message.`,
		Example: "  vethtrace lab undo --name test1",
	}, lab.UndoCommands, lab.Undo)
}

// labUndoing makes down and undo of what they have in common.
func labUndoing(name *string, cmd *command, commands func(string) ([]lab.Command, error), undo func(string) ([]string, error)) *command {
	var print labPrint
	cmd.Args = noArgs
	cmd.RunE = func(*command, []string) error {
		if print.asked() {
			lines, err := commands(*name)
			if errors.Is(err, lab.ErrNoLab) {
				return nil
			}
			return print.commands(os.Stdout, lines, err)
		}
		left, err := undo(*name)
		for _, sentence := range left {
			fmt.Fprintf(os.Stderr, "vethtrace: %s\n", sentence)
		}
		return err
	}
	print.add(cmd)
	return cmd
}
