// SPDX-License-Identifier: Apache-2.0

package main

import "strings"

func newLabRun(name *string) *command {
	cmd := &command{
		Use:   "run STORY",
		Short: "Show a cause and its cure, measured before and after",
		Long: `run makes a lab of its own, measures without a cure and with it, prints both
side by side, and undoes everything. The lab is called STORY-PID, or by --name,
which must be new.`,
		Example: "  vethtrace lab run reorder",
		RunE: func(cmd *command, args []string) error {
			var stories []string
			for _, c := range cmd.Commands() {
				stories = append(stories, c.Name())
			}
			if len(args) == 0 {
				return usagef("%s needs a story: %s", cmd.CommandPath(), strings.Join(stories, ", "))
			}
			return usagef("%s has no story %q: the stories are %s", cmd.CommandPath(), args[0], strings.Join(stories, ", "))
		},
	}
	cmd.AddCommand(newLabRunReorder(name), newLabRunLatency(name), newLabRunForward(name), newLabRunSysctl(name))
	return cmd
}
