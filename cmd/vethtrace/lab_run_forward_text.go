// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/vethtrace/vethtrace/lab"
	packets "github.com/vethtrace/vethtrace/tracer/path"
)

func writeForwardPlan(w io.Writer, s forwardStory, l *lab.Lab) error {
	return writeSentences(w, fmt.Sprintf(
		"forward: 3 runs of %d probes from container %s over a veth pair, the bridge and the eth0 of host %s, "+
			"which replaces their source by its own address, to %s: as it was made, with forwarding turned off in that host, "+
			"and with that undone.", s.count, l.Containers[0].Netns, l.Host.Netns, l.Uplink.Netns))
}

// writeForward writes what the runs have shown, side by side, and what follows.
func writeForward(w io.Writer, s forwardStory, runs []forwardRun, warnings []string) error {
	var text strings.Builder
	printColumns(&text, forwardTable(runs))
	text.WriteByte('\n')
	writeSentences(&text, forwardConclusion(runs))
	if cure := forwardCure(runs); len(cure) > 0 {
		writeSentences(&text, "On a host of your own, and in a file of /etc/sysctl.d to keep it:")
		text.WriteString("  " + strings.Join(cure, "\n  ") + "\n")
	}
	if len(runs[0].paths) > 1 {
		writeSentences(&text, "A host that forwards IPv6 takes no routes from its routers any more, unless accept_ra of its device is 2.")
	}
	for _, warning := range append(warnings, forwardLosses(runs)...) {
		writeSentences(&text, "warning: "+warning)
	}
	writeSentences(&text, fmt.Sprintf("Everything is undone: there is no lab %s any more.", s.name))
	_, err := io.WriteString(w, text.String())
	return err
}

// forwardTable has a column for each run, and the same rows for each family.
func forwardTable(runs []forwardRun) [][]string {
	var table [][]string
	row := func(label string, cell func(*forwardRun) string) {
		cells := []string{label}
		for i := range runs {
			cells = append(cells, cell(&runs[i]))
		}
		table = append(table, cells)
	}
	row("the host is", func(r *forwardRun) string { return r.title })
	for i := range runs[0].paths {
		of := func(label string, cell func(*forwardPath) string) {
			row(label, func(r *forwardRun) string { return cell(&r.paths[i]) })
		}
		first := &runs[0].paths[i]
		of(first.key(), func(p *forwardPath) string { return p.forwarding })
		of("  "+first.family()+" probes answered", func(p *forwardPath) string {
			return fmt.Sprintf("%d of %d", p.answered(), len(p.Result.Journeys))
		})
		of("  devices on the way out", (*forwardPath).reachedCell)
		of("  the last of them", (*forwardPath).lastCell)
		of("  dropped there by", (*forwardPath).dropCell)
		of("  cause", (*forwardPath).causeCell)
		of("  "+first.counter()+" of the host's kernel", func(p *forwardPath) string { return strconv.FormatUint(p.refused, 10) })
	}
	return table
}

func (p *forwardPath) reachedCell() string {
	j, _ := p.told()
	if j == nil {
		return "-"
	}
	return strconv.Itoa(len(reached(j)))
}

func (p *forwardPath) lastCell() string {
	j, _ := p.told()
	if j == nil {
		return "-"
	}
	all := reached(j)
	if len(all) == 0 {
		return "-"
	}
	last := all[len(all)-1]
	return roleIn(last.NetnsName) + "/" + last.Ifname
}

// roleIn is what a namespace of a lab is there.
func roleIn(netns string) string { return netns[strings.LastIndexByte(netns, '-')+1:] }

func (p *forwardPath) dropCell() string {
	j, _ := p.told()
	if j == nil || j.End.Outcome != packets.Dropped {
		return "-"
	}
	drop := j.End.Last.Drop
	if drop.Function == "" {
		return drop.Reason
	}
	return drop.Function
}

func (p *forwardPath) causeCell() string {
	_, c := p.told()
	if c == nil {
		return "-"
	}
	return c.ID
}

// forwardLosses says what the traces have not seen.
func forwardLosses(runs []forwardRun) (all []string) {
	for i := range runs {
		for j := range runs[i].paths {
			l := runs[i].paths[j].Result.Losses
			if n := l.Ringbuf + l.TableFull + l.Recursion; n > 0 {
				all = append(all, fmt.Sprintf("in run %d, %s, %d sightings of packets were lost", i+1, runs[i].paths[j].family(), n))
			}
		}
	}
	return all
}
