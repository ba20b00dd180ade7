// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// mostListed is how many things of a kind a line names.
const mostListed = 8

// nsFacts say what a namespace is, who is in it and who holds it.
func nsFacts(n *inventory.Namespace, hostUserns uint32) []string {
	facts := containerTexts(n.Containers)
	facts = append(facts, processText(n.Processes))
	var holders []string
	for _, t := range n.Threads {
		holders = append(holders, fmt.Sprintf("thread %d of %d %s", t.TID, t.PID, plain(t.Comm)))
	}
	for _, f := range n.Files {
		holders = append(holders, fmt.Sprintf("file %d of %d %s", f.FD, f.PID, plain(f.Comm)))
	}
	if len(holders) > 0 {
		facts = append(facts, "held by "+few(holders))
	}
	if len(n.Mounts) > 0 {
		mounts := make([]string, len(n.Mounts))
		for i, m := range n.Mounts {
			mounts[i] = plain(m)
		}
		facts = append(facts, "mounted at "+few(mounts))
	}
	if n.HasOwner && hostUserns != 0 && n.Owner.Userns != hostUserns {
		facts = append(facts, fmt.Sprintf("of user namespace %d (uid %d)", n.Owner.Userns, n.Owner.UID))
	}
	return facts
}

// few joins the first of a list.
func few(all []string) string {
	text := strings.Join(all[:min(len(all), mostListed)], ", ")
	if more := len(all) - mostListed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func processText(all []inventory.Process) string {
	switch len(all) {
	case 0:
		return "no process"
	case 1:
		return fmt.Sprintf("1 process: %d %s", all[0].PID, plain(all[0].Comm))
	}
	return fmt.Sprintf("%d processes, the first %d %s", len(all), all[0].PID, plain(all[0].Comm))
}

// containerTexts names containers, those of a pod together, and units.
func containerTexts(all []inventory.Container) []string {
	var texts []string
	at := make(map[string]int)
	pods := make(map[string][]string)
	for _, c := range all {
		pod := cmp.Or(c.Pod.String(), c.Pod.UID)
		if pod == "" {
			texts = append(texts, plain(loneText(c)))
			continue
		}
		if _, seen := at[pod]; !seen {
			at[pod] = len(texts)
			texts = append(texts, "")
		}
		if c.ID != "" && c.Name != "" {
			pods[pod] = append(pods[pod], c.Name)
		}
		text := "pod " + pod
		if len(pods[pod]) > 0 {
			text += " with " + few(pods[pod])
		}
		texts[at[pod]] = plain(text + byRuntime(c))
	}
	if len(texts) > mostListed {
		texts = append(texts[:mostListed], fmt.Sprintf("%d more containers or units", len(texts)-mostListed))
	}
	return texts
}

// loneText names a container that is in no pod, or a unit.
func loneText(c inventory.Container) string {
	if c.Unit != "" {
		return "unit " + c.Unit
	}
	text := "container " + cmp.Or(c.Name, c.ShortID())
	if c.Name != "" && c.Name != c.ID {
		text += " " + c.ShortID()
	}
	return text + byRuntime(c)
}

func byRuntime(c inventory.Container) string {
	if c.Runtime == "" {
		return ""
	}
	return " (" + c.Runtime + ")"
}
