// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"io"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
)

// palette is every way a text can look. Colour only repeats what the text
// says: without colours all of these are plain.
type palette struct {
	strong, faint, good, warn, bad, selected, heading lipgloss.Style
}

// newPalette uses the 16 colours of the terminal's own theme, so that the
// background need not be asked for.
func newPalette(out io.Writer, plain bool) palette {
	r := lipgloss.NewRenderer(out)
	if plain {
		r.SetColorProfile(termenv.Ascii)
	}
	return paletteOf(r)
}

func paletteOf(r *lipgloss.Renderer) palette {
	s := r.NewStyle()
	return palette{
		strong:   s.Bold(true),
		faint:    s.Faint(true),
		good:     s.Foreground(lipgloss.Color("2")),
		warn:     s.Foreground(lipgloss.Color("3")).Bold(true),
		bad:      s.Foreground(lipgloss.Color("1")).Bold(true),
		selected: s.Reverse(true),
		heading:  s.Bold(true),
	}
}

// colourUnwanted is whether the environment asks for no colour:
// https://no-color.org, or a terminal that cannot show it.
func colourUnwanted(getenv func(string) string) bool {
	return getenv("NO_COLOR") != "" || getenv("TERM") == "dumb"
}
