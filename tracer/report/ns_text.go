// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// WriteNs writes namespaces for people, in ASCII: for each what it is and who
// holds it, and below it its devices. Lines are broken at width columns where
// they can be; 0 means no limit. The error is the writer's.
func WriteNs(w io.Writer, inv *inventory.Inventory, width int) error {
	var b strings.Builder
	for _, warning := range inv.Warnings {
		wrap(&b, "warning: "+plain(warning), width)
	}
	for i, n := range inv.Netns {
		if i > 0 || len(inv.Warnings) > 0 {
			b.WriteByte('\n')
		}
		facts := append([]string{nsName(n.Inode, n.Name)}, nsFacts(n, hostUserns(inv))...)
		hang(&b, "", strings.Fields(strings.Join(facts, "; ")), 4, width)
		writeNsDevices(&b, n, width)
		if n.Unread != "" {
			hang(&b, "  ", strings.Fields(plain(n.Unread)), 4, width)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing namespaces: %w", err)
	}
	return nil
}

// nsName is how text names a namespace at its head.
func nsName(inode uint32, name string) string {
	if name == "" {
		return fmt.Sprintf("%d, without a name", inode)
	}
	return fmt.Sprintf("%s, netns %d", plain(name), inode)
}

// hostUserns is the user namespace that owns the machine's own network
// namespace, 0 if it is not known.
func hostUserns(inv *inventory.Inventory) uint32 {
	for _, n := range inv.Netns {
		if n.Name == inventory.Host && n.HasOwner {
			return n.Owner.Userns
		}
	}
	return 0
}

// hang appends words behind start, broken at width; further lines are indented.
func hang(b *strings.Builder, start string, words []string, indent, width int) {
	b.WriteString(start)
	column := len(start)
	for i, word := range words {
		switch {
		case i == 0:
		case width > 0 && column+1+len(word) > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	b.WriteByte('\n')
}
