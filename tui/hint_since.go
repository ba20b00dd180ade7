// SPDX-License-Identifier: Apache-2.0

package tui

import "time"

// episode is the time that one trouble has been there.
type episode struct{ first, last time.Time }

// episodeGap is how long a trouble may be away and still be the same one.
const episodeGap = 10 * time.Second

// dated sets since when each finding has been there, and returns the episodes
// to remember for the next snapshot.
func dated(found []finding, known map[string]episode, now time.Time) ([]finding, map[string]episode) {
	next := make(map[string]episode, len(known)+len(found))
	for key, e := range known {
		if now.Sub(e.last) <= episodeGap {
			next[key] = e
		}
	}
	for i := range found {
		e, again := next[found[i].key]
		if !again {
			e.first = now
		}
		e.last = now
		next[found[i].key] = e
		found[i].since = e.first
	}
	return found, next
}
