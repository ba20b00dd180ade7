// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// What cannot be meant is status 2 and a sentence that names it.
func TestUsage(t *testing.T) {
	onAnyKernel(t)
	for args, names := range map[string]string{
		"frob":                              `"frob"`,
		"--frob":                            "--frob",
		"top --frob":                        "--frob",
		"lab frob":                          `"frob"`,
		"lab up --frob":                     "--frob",
		"top x":                             `"x"`,
		"trace x":                           `"x"`,
		"check x":                           `"x"`,
		"demo x":                            `"x"`,
		"lab up x":                          `"x"`,
		"lab down x":                        `"x"`,
		"lab show x":                        `"x"`,
		"lab traffic x":                     `"x"`,
		"lab traffic -d -1s --name nothing": "negative",
		"stat cmd":                          "-- cmd",
		"stat -d 1s -- x":                   "not both",
		"stat -d 0":                         "0s",
		"stat -d -1s":                       "-1s",
		"stat -d soon":                      `"soon"`,
		"stat -o":                           "-o",
		"trace -d -1s":                      "negative",
		"trace --slower-than -1ms":          "negative",
		"trace -n -1":                       `"-1"`,
		"trace --sample 0":                  "--sample",
		"trace --sample -1":                 `"-1"`,
		"trace --proto gre":                 `"gre"`,
		"top --mode uprobe":                 `"uprobe"`,
		"stat --mode=":                      "--mode is empty",
		"trace --mode Fentry":               `"Fentry"`,
		"trace --kind bridge":               `"bridge"`,
		"stat --kind veth,":                 `""`,
		"top --kind=":                       "--kind is empty",
		"trace --strict=maybe":              `"maybe"`,
		"stat --addr here":                  `"here"`,
		"stat --addr 10.0.0.0/33":           `"10.0.0.0/33"`,
		"stat --port 65536":                 `"65536"`,
		"trace --port 5 --proto icmp":       "icmp",
		"trace --port 5 --proto icmpv6":     "icmpv6",
		"top -i 1ms":                        "1ms",
		"top -i -1s":                        "-1s",
	} {
		t.Run(args, func(t *testing.T) {
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitUsage, names)
		})
	}
}

// What is not there is status 1 and a sentence that names it.
func TestNotThere(t *testing.T) {
	onAnyKernel(t)
	gone := gonePID(t)
	for args, names := range map[string]string{
		"trace --dev nosuchdev":             `no veth device "nosuchdev"`,
		"stat --dev lo":                     `no veth device "lo"`,
		"stat --netns nosuchns":             `no network namespace "nosuchns"`,
		"trace --netns /no/such/path":       "/no/such/path",
		"trace --netns /etc/passwd":         "not a namespace",
		"trace --netns " + gone:             "no process " + gone,
		"stat --dev a/b/c":                  `"a/b/c"`,
		"lab show --name NO":                `"NO"`,
		"lab up --name -x":                  `"-x"`,
		"stat -o /no/such/directory/report": "/no/such/directory/report",
	} {
		t.Run(strings.ReplaceAll(args, gone, "GONE"), func(t *testing.T) {
			needRoot(t) // else the sentence is about rights
			wantSentence(t, runCommandLine(t, strings.Fields(args)...), exitFailure, names)
		})
	}
}

// gonePID is that of a process which has ended.
func gonePID(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(cmd.Process.Pid)
}

func TestHelpOfEveryCommand(t *testing.T) {
	onAnyKernel(t)
	var walk func(cmd *command)
	walk = func(cmd *command) {
		path := strings.Fields(cmd.CommandPath())[1:]
		t.Run(strings.Join(append([]string{"vethtrace"}, path...), " "), func(t *testing.T) {
			got := runCommandLine(t, append(path, "--help")...)
			if got.status != 0 || got.stderr != "" {
				t.Errorf("got exit status %d, %q on stderr", got.status, got.stderr)
			}
			if !strings.Contains(got.stdout, "Examples:\n  vethtrace") || cmd.Short == "" {
				t.Errorf("got no example or description:\n%s", got.stdout)
			}
			for line := range strings.Lines(got.stdout) {
				if strings.Contains(line, "\t") {
					t.Errorf("a tab in %q", line)
				}
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}
