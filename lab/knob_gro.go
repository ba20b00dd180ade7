// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"
)

type groKnob struct{}

func (groKnob) check(s Setting) (Setting, error) {
	if s.Value != "on" && s.Value != "off" {
		return s, fmt.Errorf("GRO %q: want on or off", s.Value)
	}
	return s, nil
}

func (groKnob) read(ns *os.File, s Setting) (string, error) {
	on, err := readGRO(ns, s.Device)
	if on {
		return "on", err
	}
	return "off", err
}

func (groKnob) write(ns *os.File, s Setting, value string) error {
	return writeGRO(ns, s.Device, value == "on")
}

func (groKnob) same(a, b string) bool { return a == b }

func (groKnob) script(s Setting, value string) []string {
	return []string{in(s.Netns, fmt.Sprintf("ethtool -K %s gro %s", quote(s.Device), value))}
}
