// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

// noArgs refuses arguments in words that help.
func noArgs(cmd *command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no argument %q: see '%s --help'", cmd.CommandPath(), strings.Join(args, " "), cmd.CommandPath())
	}
	return nil
}

// atMostOne refuses a second argument.
func atMostOne(cmd *command, args []string) error {
	if len(args) > 1 {
		return usagef("%s takes one argument, not %d: see '%s --help'", cmd.CommandPath(), len(args), cmd.CommandPath())
	}
	return nil
}

// onlySubcommands is for a command that does nothing by itself.
func onlySubcommands(cmd *command, args []string) error {
	if len(args) > 0 {
		return usagef("%s has no command %q: see '%s --help'", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return cmd.Help()
}
