// SPDX-License-Identifier: Apache-2.0

package tui

import (
	"slices"

	"github.com/charmbracelet/bubbles/key"
)

// keyMap is every key with what the help says about it.
type keyMap struct {
	quit, help, findings, pause, window    key.Binding
	nextView, devices, cpus, flows         key.Binding
	reorder, retransmits                   key.Binding
	open, close                            key.Binding
	sortNext, sortBack, reverse, filter    key.Binding
	up, down, pageUp, pageDown, first, end key.Binding
	left, right                            key.Binding
	apply, abort                           key.Binding
}

func newKeyMap() keyMap {
	bind := func(help, text string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(help, text))
	}
	return keyMap{
		quit:     bind("q", "quit", "q", "ctrl+c"),
		help:     bind("?", "help", "?"),
		findings: bind("i", "all findings and warnings", "i"),
		pause:    bind("p space", "pause, resume", "p", " "),
		window:   bind("w", "last interval or since start", "w"),
		nextView: bind("tab", "next view", "tab"),
		devices:  bind("1", "devices", "1"),
		cpus:     bind("2", "CPUs", "2"),
		flows:    bind("3", "flows", "3"),
		reorder:  bind("4", "reorder", "4"),

		retransmits: bind("5", "retransmits", "5"),

		open:     bind("enter d", "details of the row", "enter", "d"),
		close:    bind("esc", "back; clear the filter", "esc"),
		sortNext: bind("s", "sort by the next column", "s"),
		sortBack: bind("S", "by the one before", "S"),
		reverse:  bind("r", "reverse the order", "r"),
		filter:   bind("/", "filter by name, netns, flow", "/"),
		up:       bind("up k", "row up", "up", "k"),
		down:     bind("down j", "row down", "down", "j"),
		pageUp:   bind("pgup", "page up", "pgup", "ctrl+b"),
		pageDown: bind("pgdn", "page down", "pgdown", "ctrl+f"),
		first:    bind("home g", "first row, and stay there", "home", "g"),
		end:      bind("end G", "last row", "end", "G"),
		left:     bind("left h", "stage before (details)", "left", "h"),
		right:    bind("right l", "next stage (details)", "right", "l"),
		apply:    bind("enter", "keep the filter", "enter"),
		abort:    bind("esc", "clear the filter", "esc"),
	}
}

// short is the help of the bottom line, the most useful first.
func (k keyMap) short() []key.Binding {
	brief := func(b key.Binding, keys, text string) key.Binding {
		b.SetHelp(keys, text)
		return b
	}
	return []key.Binding{
		k.quit, k.help,
		brief(k.nextView, "tab", "view"),
		brief(k.open, "enter", "details"),
		brief(k.sortNext, "s", "sort"),
		brief(k.filter, "/", "filter"),
		brief(k.window, "w", "window"),
		brief(k.pause, "p", "pause"),
		brief(k.findings, "i", "findings"),
	}
}

// shortDetail is the same while the details of a row of that view are open.
func (k keyMap) shortDetail(v viewID) []key.Binding {
	brief := func(b key.Binding, keys, text string) key.Binding {
		b.SetHelp(keys, text)
		return b
	}
	bindings := []key.Binding{
		brief(k.close, "esc", "back"),
		brief(k.right, "left right", "stage"),
		brief(k.down, "up down", "scroll"),
		brief(k.window, "w", "window"),
		brief(k.pause, "p", "pause"),
		k.help, k.quit,
	}
	if !v.hasStages() {
		bindings = slices.Delete(bindings, 1, 2)
	}
	return bindings
}

// all is the help overlay's content, in groups.
func (k keyMap) all() [][]key.Binding {
	return [][]key.Binding{
		{k.nextView, k.devices, k.cpus, k.flows, k.reorder, k.retransmits, k.open, k.close, k.left, k.right, k.findings, k.quit},
		{k.window, k.pause, k.sortNext, k.sortBack, k.reverse, k.filter, k.up, k.down, k.pageUp, k.pageDown, k.first, k.end},
	}
}
