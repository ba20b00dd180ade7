// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/nsenter"
)

// site is where steps are done: the journal, and the namespaces it names. They
// are opened once, and only if they are those written down.
type site struct {
	*journal
	// step is called after each thing done, so that a test can die there.
	step    func(string)
	open    map[string]*os.File
	handles map[string]*netlink.Handle
	// left says what was not undone, and why.
	left []string
}

func newSite(j *journal, step func(string)) *site {
	return &site{journal: j, step: step, open: make(map[string]*os.File), handles: make(map[string]*netlink.Handle)}
}

// close lets go of the namespaces, which it keeps alive.
func (s *site) close() {
	for ref, h := range s.handles {
		h.Close()
		delete(s.handles, ref)
	}
	for ref, f := range s.open {
		f.Close()
		delete(s.open, ref)
	}
}

// netns returns errGone for a namespace that is no more. The site closes it.
func (s *site) netns(ref string) (*os.File, error) {
	if f := s.open[ref]; f != nil {
		return f, nil
	}
	k, known := s.known(ref)
	if !known {
		return nil, fmt.Errorf("namespace %q is not in the journal: %w", ref, errGone)
	}
	f, err := openKnown(k)
	if err != nil {
		return nil, fmt.Errorf("namespace %q: %w", ref, err)
	}
	s.open[ref] = f
	return f, nil
}

// adopt writes a namespace down that is there, and opens it.
func (s *site) adopt(ref string) error {
	if _, known := s.known(ref); known {
		_, err := s.netns(ref)
		return err
	}
	f, err := openNetns(ref)
	if err != nil {
		return err
	}
	id, err := identify(f)
	if err != nil {
		f.Close()
		return err
	}
	s.learn(knownNetns{Ref: ref, identity: id.unpinned()})
	s.open[ref] = f
	return nil
}

// handle returns a netlink handle bound to the namespace, which the site closes.
func (s *site) handle(ref string) (*netlink.Handle, error) {
	if h := s.handles[ref]; h != nil {
		return h, nil
	}
	ns, err := s.netns(ref)
	if err != nil {
		return nil, err
	}
	h, err := handleInFile(ns)
	if err != nil {
		return nil, fmt.Errorf("in namespace %q: %w", ref, err)
	}
	s.handles[ref] = h
	return h, nil
}

// handleInFile returns a netlink handle whose socket was made in the namespace
// and stays bound to it, whatever thread uses it. The caller closes it.
func handleInFile(ns *os.File) (h *netlink.Handle, err error) {
	err = nsenter.In(ns, func() (err error) {
		h, err = netlink.NewHandle(unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("opening netlink: %w", err)
		}
		return nil
	})
	return h, err
}

// isGone says that there is nothing to undo any more.
func isGone(err error) bool {
	return errors.Is(err, errGone) || errors.As(err, new(netlink.LinkNotFoundError))
}

// device finds a device by name.
func (s *site) device(ref, name string) (netlink.Link, *netlink.Handle, error) {
	h, err := s.handle(ref)
	if err != nil {
		return nil, nil, err
	}
	link, err := h.LinkByName(name)
	if err != nil {
		return nil, nil, fmt.Errorf("finding device %q in namespace %q: %w", name, ref, err)
	}
	return link, h, nil
}
