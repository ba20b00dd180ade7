// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/nsenter"
)

// related is a sysctl that the kernel writes when another is written.
type related struct {
	Path   string `json:"path"`
	Before string `json:"before"`
	After  string `json:"after,omitempty"`
}

// relatedTo are patterns of the files that change along with a key. Each is
// restored after the key, which may change them once more.
func relatedTo(key string) []string {
	switch leaf := filepath.Base(key); {
	case key == "net/ipv4/ip_forward", key == "net/ipv4/conf/all/forwarding":
		return []string{"net/ipv4/ip_forward", "net/ipv4/conf/*/forwarding", "net/ipv4/conf/all/accept_redirects"}
	case key == "net/ipv6/conf/all/"+leaf:
		return []string{"net/ipv6/conf/*/" + leaf}
	}
	return nil
}

// dotted is the key of the file.
func (r related) dotted() string {
	return Setting{Key: strings.TrimPrefix(r.Path, "/proc/sys/")}.dottedKey()
}

func readRelated(ns *os.File, s Setting) (found []related, err error) {
	if s.Kind != SysctlKind {
		return nil, nil
	}
	err = nsenter.In(ns, func() error {
		for _, pattern := range relatedTo(s.Key) {
			paths, err := filepath.Glob(sysctlPath(pattern))
			if err != nil {
				return fmt.Errorf("listing %s: %w", pattern, err)
			}
			for _, path := range paths {
				if path == sysctlPath(s.Key) {
					continue
				}
				value, err := readTrimmed(path)
				if errors.Is(err, os.ErrNotExist) {
					continue
				}
				if err != nil {
					return err
				}
				found = append(found, related{Path: path, Before: value})
			}
		}
		return nil
	})
	return found, err
}

func (r *related) readAfter(ns *os.File) error {
	return nsenter.In(ns, func() (err error) {
		r.After, err = readTrimmed(r.Path)
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		return err
	})
}

// decideRelated replaces, once, what was before by what somebody set since. It
// has to be known before the key is written, which changes these values again.
func (c *Change) decideRelated(s *site, ns *os.File) error {
	if c.Undoing || c.Related == nil {
		return nil
	}
	err := nsenter.In(ns, func() error {
		for i := range c.Related {
			r := &c.Related[i]
			now, err := readTrimmed(r.Path)
			if errors.Is(err, os.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if c.After != "" && now != r.After && now != r.Before {
				s.left = append(s.left, fmt.Sprintf("%s is left at %q: somebody has changed it since", r.Path, now))
				r.Before = now
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.Undoing = true
	if err := s.save(); err != nil {
		return err
	}
	s.step("journal undoing")
	return nil
}

func (c *Change) restoreRelated(s *site, ns *os.File) error {
	return nsenter.In(ns, func() error {
		for _, r := range c.Related {
			now, err := readTrimmed(r.Path)
			if errors.Is(err, os.ErrNotExist) || err == nil && now == r.Before {
				continue
			}
			if err != nil {
				return err
			}
			if err := os.WriteFile(r.Path, []byte(r.Before), 0); err != nil {
				return fmt.Errorf("restoring sysctl: %w", err)
			}
			s.step("restore " + r.Path)
		}
		return nil
	})
}
