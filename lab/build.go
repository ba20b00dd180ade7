// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
)

// build does what is planned; it needs the lock. When it fails it undoes what
// was done.
func build(j *journal, p *plan, step func(string)) error {
	s := newSite(j, step)
	err := s.check(p)
	if err != nil {
		s.close()
		return err
	}
	err = s.build(p)
	s.close()
	if err == nil {
		return nil
	}
	_, undoErr := tearDown(j.Name, step)
	return errors.Join(err, undoErr)
}

func (s *site) build(p *plan) error {
	s.Shape = &p.shape
	if err := s.save(); err != nil {
		return err
	}
	s.step("journal")
	if err := ensureNetnsDir(s.step); err != nil {
		return err
	}
	for _, st := range p.steps {
		if err := s.do(st); err != nil {
			return err
		}
	}
	if err := s.waitReady(p); err != nil {
		return err
	}
	if _, err := s.apply(p.settings); err != nil {
		return err
	}
	s.Complete = true
	if err := s.save(); err != nil {
		return err
	}
	s.step("journal complete")
	return nil
}

// do writes a step down and then does it.
func (s *site) do(st step) error {
	op, err := st.operation()
	if err != nil {
		return err
	}
	s.Steps = append(s.Steps, st)
	if err := s.save(); err != nil {
		return err
	}
	s.step("journal " + st.Why)
	if err := op.do(s); err != nil {
		return err
	}
	s.step(st.Why)
	return nil
}

// check looks for what would make the plan fail, or do harm, and opens the
// namespaces that are there. Nothing has changed yet.
func (s *site) check(p *plan) error {
	for _, name := range p.made() {
		if _, err := s.owned(name); err != nil {
			return err
		}
	}
	if w := p.shape.Wire; w != nil {
		if err := s.checkWire(w, p.subnet); err != nil {
			return err
		}
	}
	for _, ref := range p.shape.Netns {
		if err := s.adopt(ref); err != nil {
			return err
		}
		if err := s.checkFree(ref, p.subnet); err != nil {
			return fmt.Errorf("namespace %q cannot be a container: %w", ref, err)
		}
	}
	return nil
}
