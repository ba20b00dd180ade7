// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"

	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// forwardConclusion says in sentences what the runs have shown: as made, with
// the fault, and cured.
func forwardConclusion(runs []forwardRun) string {
	var all []string
	for i := range runs[0].paths {
		all = append(all, familyConclusion(&runs[0].paths[i], &runs[1].paths[i], &runs[2].paths[i]))
	}
	return strings.Join(all, " ")
}

func familyConclusion(made, fault, cured *forwardPath) string {
	return fmt.Sprintf("%s: as made %s; with forwarding turned off in the host %s%s; with it on again %s: %s.",
		made.family(), made.inWords(), fault.inWords(), fault.becauseWords(), cured.inWords(), forwardVerdict(made, fault, cured))
}

func forwardVerdict(made, fault, cured *forwardPath) string {
	switch {
	case !made.allAnswered():
		return "something else was wrong from the start"
	case fault.allAnswered():
		return "that did not keep any packet"
	case cured.allAnswered():
		return "forwarding cured it"
	}
	return "that did not cure it"
}

func (p *forwardPath) allAnswered() bool {
	n := len(p.Result.Journeys)
	return n > 0 && p.answered() == n
}

// inWords says how many probes were answered, and where the first of the others
// ended.
func (p *forwardPath) inWords() string {
	n := len(p.Result.Journeys)
	text := fmt.Sprintf("%d of %d probes were answered", p.answered(), n)
	if p.answered() == 0 {
		text = "no probe was answered"
	}
	if n == 0 || p.allAnswered() {
		return text
	}
	j, _ := p.told()
	text += ", the first " + outcomeWords[j.End.Outcome]
	if last := p.lastCell(); last != "-" {
		text += " at " + last
	}
	if drop := p.dropCell(); drop != "-" && drop != "" {
		text += " by " + drop
	}
	return text
}

// becauseWords say why the first of those that were not answered ended.
func (p *forwardPath) becauseWords() string {
	_, c := p.told()
	switch {
	case c == nil:
		return ""
	case c.Sure:
		return ", because " + c.Sentence
	}
	return ", likely because " + c.Sentence
}

// outcomeWords say what became of a packet.
var outcomeWords = map[packets.Outcome]string{
	packets.Delivered: "was delivered",
	packets.Dropped:   "was dropped",
	packets.Refused:   "was refused",
	packets.Left:      "left the machine",
	packets.Vanished:  "was last seen",
	packets.NotSent:   "was not sent",
}

// forwardCure are the commands that the causes name, as one types them on a host
// of one's own; none if it was not cured.
func forwardCure(runs []forwardRun) []string {
	commands := []string{}
	for i := range runs[0].paths {
		made, fault, cured := &runs[0].paths[i], &runs[1].paths[i], &runs[2].paths[i]
		_, c := fault.told()
		if c == nil || !made.allAnswered() || fault.allAnswered() || !cured.allAnswered() {
			continue
		}
		for _, command := range c.Cure {
			// In the lab the host is a namespace.
			if _, there, ok := strings.Cut(command, "-host "); ok && strings.HasPrefix(command, "ip netns exec ") {
				command = there
			}
			commands = append(commands, command)
		}
	}
	return commands
}
