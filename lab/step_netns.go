// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"

	"github.com/vethtrace/vethtrace/nsenter"
)

// netnsStep makes a namespace and gives it a name.
type netnsStep struct {
	Name string `json:"name"`
}

// do writes the new namespace's identity down before it gets a name: until then
// it dies with this process.
func (n *netnsStep) do(s *site) error {
	ns, err := nsenter.New()
	if err != nil {
		return fmt.Errorf("creating namespace %q: %w", n.Name, err)
	}
	id, err := identify(ns)
	if err != nil {
		ns.Close()
		return fmt.Errorf("creating namespace %q: %w", n.Name, err)
	}
	s.learn(knownNetns{Ref: n.Name, Made: true, identity: id})
	s.open[n.Name] = ns // the site closes it
	if err := s.save(); err != nil {
		return err
	}
	s.step("journal " + n.Name)
	return pinNew(ns, n.Name, s.step)
}

// undo has been asked for only after a look at whose the namespaces are.
func (n *netnsStep) undo(s *site) error {
	found, err := s.owned(n.Name)
	if err != nil || found == pinNone {
		return err
	}
	return unpin(n.Name, s.step)
}

func (n *netnsStep) script() []string   { return []string{"ip netns add " + n.Name} }
func (n *netnsStep) unscript() []string { return []string{"ip netns del " + n.Name} }
