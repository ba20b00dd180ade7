// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"
)

// Change is a setting that was changed, as it is written in the journal.
type Change struct {
	Setting
	// Inode is that of the namespace.
	Inode uint64 `json:"inode"`
	// Ifindex is that of the device, and 0 for a sysctl.
	Ifindex int `json:"ifindex,omitempty"`
	// Before and After are what the kernel said. After is "" if the maker died.
	Before string `json:"before"`
	After  string `json:"after"`
	// TimeNS is when it was made: CLOCK_MONOTONIC.
	TimeNS uint64 `json:"time_ns"`
	// MarkBefore and Mark are what a qdisc was read as, in which every change of
	// it shows.
	MarkBefore string `json:"mark_before,omitempty"`
	Mark       string `json:"mark,omitempty"`
	// Related are values that the kernel changes along with this one.
	Related []related `json:"related,omitempty"`
	// Undoing says that Related holds what to leave: undo has begun.
	Undoing bool `json:"undoing,omitempty"`
}

// String is what happened, in a line.
func (c Change) String() string {
	return fmt.Sprintf("%s: %s -> %s", c.what(), c.Before, c.After)
}

// prepare reads what undo has to know. It says so when there is nothing to do.
func (c *Change) prepare(s *site) (already bool, err error) {
	k, err := c.knob()
	if err != nil {
		return false, err
	}
	ns, err := s.netns(c.Netns)
	if err != nil {
		return false, err
	}
	known, _ := s.known(c.Netns)
	c.Inode = known.Inode
	if c.Device != "" {
		link, _, err := s.device(c.Netns, c.Device)
		if err != nil {
			return false, err
		}
		c.Ifindex = link.Attrs().Index
	}
	if c.Before, err = k.read(ns, c.Setting); err != nil {
		return false, err
	}
	if c.Kind == QdiscKind {
		c.MarkBefore = c.Before
		if c.Before, err = s.qdiscBefore(c); err != nil {
			return false, err
		}
	}
	if k.same(c.Before, c.Value) {
		c.After = c.Before
		return true, nil
	}
	c.Related, err = readRelated(ns, c.Setting)
	return false, err
}

// do writes the value, and what the kernel made of it into the journal.
func (c *Change) do(s *site) error {
	k, err := c.knob()
	if err != nil {
		return err
	}
	ns, err := s.netns(c.Netns)
	if err != nil {
		return err
	}
	c.TimeNS = monotonicNS()
	if err := k.write(ns, c.Setting, c.Value); err != nil {
		return fmt.Errorf("setting %s to %q: %w", c.what(), c.Value, err)
	}
	s.step("write " + c.what())
	if c.After, err = k.read(ns, c.Setting); err != nil {
		return err
	}
	if c.Kind == QdiscKind {
		c.Mark, c.After = c.After, c.Value
	}
	for i := range c.Related {
		if err := c.Related[i].readAfter(ns); err != nil {
			return err
		}
	}
	if err := s.save(); err != nil {
		return err
	}
	s.step("journal after")
	return nil
}

// undo puts the old value back, if the value is still the one it set.
func (c *Change) undo(s *site) error {
	k, err := c.knob()
	if err != nil {
		return err
	}
	there, err := c.find(s)
	if err != nil || !there {
		return err
	}
	ns, err := s.netns(c.Netns)
	if err != nil {
		return err
	}
	now, err := k.read(ns, c.Setting)
	if err != nil {
		return err
	}
	if err := c.decideRelated(s, ns); err != nil {
		return err
	}
	switch {
	case k.same(now, c.Before), now == c.MarkBefore && now != "":
	case !c.ours(k, now):
		s.left = append(s.left, fmt.Sprintf("%s is left at %q: the lab had set it to %q, somebody has changed it since (before it was %q)",
			c.what(), now, c.Value, c.Before))
		return nil
	default:
		if err := k.write(ns, c.Setting, c.Before); err != nil {
			return fmt.Errorf("setting %s back to %q: %w", c.what(), c.Before, err)
		}
		s.step("write back " + c.what())
	}
	return c.restoreRelated(s, ns)
}

// ours says that a value came about by this change, done or half done: a
// setting of several queues is written one by one.
func (c *Change) ours(k knob, now string) bool {
	if c.Kind == QdiscKind {
		return c.qdiscIsOurs(now)
	}
	known := []string{c.Before, c.After, c.Value}
	if c.Kind == RPSKind || c.Kind == RFSKind {
		for _, one := range strings.Fields(now) {
			if !sameAsOneOf(k, one, strings.Fields(strings.Join(known, " "))) {
				return false
			}
		}
		return true
	}
	return sameAsOneOf(k, now, known)
}

func sameAsOneOf(k knob, value string, of []string) bool {
	for _, o := range of {
		if o != "" && k.same(value, o) {
			return true
		}
	}
	return false
}

// find says whether namespace and device are still there, whatever the device is
// called by now.
func (c *Change) find(s *site) (bool, error) {
	h, err := s.handle(c.Netns)
	if errors.Is(err, errGone) {
		return false, nil
	}
	if err != nil || c.Ifindex == 0 {
		return err == nil, err
	}
	link, err := h.LinkByIndex(c.Ifindex)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("finding device %d in namespace %q: %w", c.Ifindex, c.Netns, err)
	}
	c.Device = link.Attrs().Name
	return true, nil
}
