// SPDX-License-Identifier: Apache-2.0

package lab

import "fmt"

// adjustStep sets a device of the lab up, and before that makes it a port of a
// bridge.
type adjustStep struct {
	goesAlong
	Netns  string `json:"netns"`
	Name   string `json:"name"`
	Bridge string `json:"bridge,omitempty"`
}

func (a *adjustStep) do(s *site) error {
	link, h, err := s.device(a.Netns, a.Name)
	if err != nil {
		return err
	}
	if a.Bridge != "" {
		bridge, _, err := s.device(a.Netns, a.Bridge)
		if err != nil {
			return err
		}
		if err := h.LinkSetMasterByIndex(link, bridge.Attrs().Index); err != nil {
			return fmt.Errorf("adding device %q to bridge %q: %w", a.Name, a.Bridge, err)
		}
		s.step("port " + a.Name)
	}
	if err := h.LinkSetUp(link); err != nil {
		return fmt.Errorf("setting device %q in namespace %q up: %w", a.Name, a.Netns, err)
	}
	return nil
}

func (a *adjustStep) script() []string {
	up := ip(a.Netns, "link set %s up", a.Name)
	if a.Bridge == "" {
		return []string{up}
	}
	return []string{ip(a.Netns, "link set %s master %s", a.Name, a.Bridge), up}
}
