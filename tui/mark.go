// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"
	"time"
)

// Mark is something that was changed while the screen was shown.
type Mark struct {
	At   time.Time
	Text string
}

const (
	// markShown is how long the newest mark is in the place of the keys.
	markShown = 10 * time.Second
	// maxMarks is how many are kept to be listed.
	maxMarks = 20
)

// kept are the newest of all. The old slice does not change.
func kept(old, more []Mark) []Mark {
	if len(more) == 0 {
		return old
	}
	all := slices.Concat(old, more)
	return all[max(0, len(all)-maxMarks):]
}

// recentMark is the newest while it is news, else nil.
func (m model) recentMark() *Mark {
	if len(m.marks) == 0 || m.live == nil || m.overlay != noOverlay {
		return nil
	}
	newest := &m.marks[len(m.marks)-1]
	if m.live.cur.Taken.Sub(newest.At) > markShown {
		return nil
	}
	return newest
}

func (m model) markLine(mark *Mark) string {
	age := ""
	if ago := m.live.cur.Taken.Sub(mark.At); ago >= time.Second {
		age = " (" + ageText(ago) + " ago)"
	}
	text := labelText("MARK") + clockText(mark.At) + age + " " + printable(mark.Text)
	return m.look.strong.Render(cutEnd(text, m.width))
}

// markTexts lists them, the newest first.
func (m model) markTexts() (texts []string) {
	for _, mark := range slices.Backward(m.marks) {
		texts = append(texts, clockText(mark.At)+" "+mark.Text)
	}
	return texts
}
