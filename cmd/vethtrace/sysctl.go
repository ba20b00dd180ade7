// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/report"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

type sysctlFlags struct {
	netns      string
	diff, json bool
}

func newSysctl() *command {
	var flags sysctlFlags
	cmd := &command{
		Use:   "sysctl [PATTERN]",
		Short: "Compare the host's net sysctls with a namespace's: inherited, reset, or shared, and why",
		Long: `sysctl shows net sysctls of the host beside those of a network namespace, and of
one that it makes to look at and drops at once: what a new container would get.
For each it says how the namespace came by its value, with the evidence and the
function of the kernel, and where to set it. It sets nothing itself.

A PATTERN is a part of the name or has wildcards of the shell; without one, the
keys that are asked for most are shown, and those that differ.`,
		Example: `  vethtrace sysctl 'tcp_keepalive*'
  vethtrace sysctl --netns web --diff
  vethtrace sysctl --netns web --json '*' | jq -r '.keys[] | select(.set_since) | .name'`,
		Args: atMostOne,
		RunE: func(_ *command, args []string) error {
			pattern := ""
			if len(args) > 0 {
				if pattern = args[0]; pattern == "" {
					return usagef("the pattern is empty")
				}
			}
			return compareSysctls(flags, pattern)
		},
	}
	cmd.Flags().StringVar(&flags.netns, "netns", "", "compare with this network `namespace` (as in vethtrace ns); without it, with a new one only")
	cmd.Flags().BoolVar(&flags.diff, "diff", false, "show only keys that differ from the host's")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print one JSON document")
	return cmd
}

func compareSysctls(flags sysctlFlags, pattern string) error {
	host, err := tracer.FindNetns("host")
	if err != nil {
		return err
	}
	var ns *tracer.Netns
	if flags.netns != "" {
		found, err := tracer.FindNetns(flags.netns)
		if err != nil {
			return err
		}
		ns = &found
	}
	c, err := sysctl.Compare(host, ns)
	if err != nil {
		return err
	}
	keys, err := chooseSysctls(c, flags.diff, pattern)
	if err != nil {
		return err
	}
	if flags.json {
		return report.WriteSysctlJSON(os.Stdout, c, keys)
	}
	return report.WriteSysctl(os.Stdout, c, keys, terminalWidth())
}

// chooseSysctls returns the keys to show.
func chooseSysctls(c *sysctl.Comparison, diff bool, pattern string) ([]sysctl.Key, error) {
	keys := c.Keys
	if pattern != "" {
		var err error
		if keys, err = c.Select(pattern); err != nil {
			return nil, err
		}
	}
	var chosen []sysctl.Key
	for _, k := range keys {
		differs := k.Differs()
		if pattern == "" && !diff {
			differs = differs && k.Verdict != sysctl.Constant || k.Changed || k.Told()
		} else if !diff {
			differs = true
		}
		if differs {
			chosen = append(chosen, k)
		}
	}
	return chosen, nil
}
