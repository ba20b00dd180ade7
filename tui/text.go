// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/lipgloss"
)

// printable makes a text from outside safe to draw: a namespace or device may
// be named with line ends or escape sequences.
func printable(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// isPlain is whether s is all printable ASCII, as nearly all texts are.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// textWidth is the number of terminal cells that s takes, without its escape
// codes.
func textWidth(s string) int {
	if isPlain(s) {
		return len(s)
	}
	return lipgloss.Width(s)
}

// padLeft and padRight fill s to width with spaces.
func padLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-textWidth(s))) + s
}

func padRight(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-textWidth(s)))
}

// cutEnd shortens s to width; "..." says that something is missing.
func cutEnd(s string, width int) string {
	if textWidth(s) <= width {
		return s
	}
	if width <= 3 {
		return head(s, width)
	}
	return head(s, width-3) + "..."
}

// cutMiddle shortens s to width: names differ at their ends, so the middle
// goes, and "~" stands for it.
func cutMiddle(s string, width int) string {
	if textWidth(s) <= width {
		return s
	}
	if width <= 1 {
		return head(s, width)
	}
	front := (width - 1) / 2
	return head(s, front) + "~" + tail(s, width-1-front)
}

func head(s string, width int) string {
	for i, r := range s {
		if width -= textWidth(string(r)); width < 0 {
			return s[:i]
		}
	}
	return s
}

func tail(s string, width int) string {
	runes := []rune(s)
	i := len(runes)
	for i > 0 {
		if width -= textWidth(string(runes[i-1])); width < 0 {
			break
		}
		i--
	}
	return string(runes[i:])
}

// wrap breaks a sentence into lines of at most width at its spaces.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		word = cutEnd(word, width)
		if line != "" && textWidth(line)+1+textWidth(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
