// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"os"
)

// valueStep sets what a namespace or device of the lab starts with. There is
// nothing to restore.
type valueStep struct {
	goesAlong
	Setting
}

// do skips what is about IPv6 on a kernel without.
func (v *valueStep) do(s *site) error {
	c := &Change{Setting: v.Setting}
	k, err := c.knob()
	if err != nil {
		return err
	}
	ns, err := s.netns(c.Netns)
	if err != nil {
		return err
	}
	err = k.write(ns, c.Setting, c.Value)
	if v.Kind == SysctlKind && errors.Is(err, os.ErrNotExist) && isIPv6Key(v.Key) {
		return nil
	}
	return err
}

func (v *valueStep) script() []string { return v.Setting.script(v.Value) }
