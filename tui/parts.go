// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
)

// part is a piece of a line that is either shown whole or not at all.
type part struct {
	text  string
	style lipgloss.Style
	// priority says which parts stay when not all fit: low ones first.
	priority int
}

const partGap = 2

// partsLine joins as many parts as fit, in their order. A part without text is
// no part.
func partsLine(parts []part, width int) string {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p part) bool { return p.text == "" })
	for len(parts) > 1 && partsWidth(parts) > width {
		worst := 0
		for i, p := range parts {
			if p.priority >= parts[worst].priority {
				worst = i
			}
		}
		parts = slices.Delete(parts, worst, worst+1)
	}
	texts := make([]string, len(parts))
	for i, p := range parts {
		texts[i] = p.style.Render(cutEnd(p.text, width))
	}
	return strings.Join(texts, strings.Repeat(" ", partGap))
}

func partsWidth(parts []part) int {
	n := partGap * (len(parts) - 1)
	for _, p := range parts {
		n += textWidth(p.text)
	}
	return n
}
