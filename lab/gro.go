// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"

	"github.com/safchain/ethtool"

	"github.com/vethtrace/vethtrace/nsenter"
)

const groFeature = "rx-gro"

// GRO says whether generic receive offload is on.
func GRO(netns, ifname string) (on bool, err error) {
	err = withNetns(netns, func(ns *os.File) (err error) {
		on, err = readGRO(ns, ifname)
		return err
	})
	return on, err
}

// SetGRO turns generic receive offload on or off. On a veth end it chooses the
// path packets take: with it on the end has a NAPI of its own, with it off (and
// no XDP) packets go through the per-CPU backlog. That is so since Linux 5.13,
// d3256efd8e8b ("veth: allow enabling NAPI even without XDP"); before, only an
// XDP program gave it a NAPI.
func SetGRO(netns, ifname string, on bool) error {
	return withNetns(netns, func(ns *os.File) error { return writeGRO(ns, ifname, on) })
}

func readGRO(ns *os.File, ifname string) (on bool, err error) {
	err = withEthtool(ns, func(e *ethtool.Ethtool) error {
		features, err := e.Features(ifname)
		if err != nil {
			return err
		}
		on = features[groFeature]
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("reading GRO of %q: %w", ifname, err)
	}
	return on, nil
}

func writeGRO(ns *os.File, ifname string, on bool) error {
	err := withEthtool(ns, func(e *ethtool.Ethtool) error {
		if err := e.Change(ifname, map[string]bool{groFeature: on}); err != nil {
			return err
		}
		features, err := e.Features(ifname)
		if err != nil {
			return err
		}
		if features[groFeature] != on {
			return fmt.Errorf("the driver kept it at %t", !on)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("setting GRO of %q to %t: %w", ifname, on, err)
	}
	return nil
}

func withEthtool(ns *os.File, fn func(*ethtool.Ethtool) error) error {
	return nsenter.In(ns, func() error {
		e, err := ethtool.NewEthtool()
		if err != nil {
			return fmt.Errorf("opening ethtool socket: %w", err)
		}
		defer e.Close()
		return fn(e)
	})
}
