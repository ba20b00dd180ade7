// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
)

// build makes everything, from nothing; it needs the lock.
func build(name string, step func(string)) error {
	j, err := newJournal(name)
	if err != nil {
		return err
	}
	if err := j.save(); err != nil {
		return err
	}
	step("journal")
	if err := ensureNetnsDir(step); err != nil {
		return err
	}
	for _, ns := range netnsNames(name) {
		if err := createNetns(j, ns, step); err != nil {
			return fmt.Errorf("creating namespace %q: %w", ns, err)
		}
	}
	if err := buildPair(j, step); err != nil {
		return err
	}
	j.Complete = true
	if err := j.save(); err != nil {
		return err
	}
	step("journal complete")
	return nil
}

func newJournal(name string) (*journal, error) {
	labs, err := List()
	if err != nil {
		return nil, err
	}
	taken := make(map[int]bool)
	for _, l := range labs {
		j, err := readJournal(l)
		if err != nil {
			return nil, err
		}
		taken[j.Subnet] = true
	}
	subnet, err := chooseSubnet(name, taken)
	if err != nil {
		return nil, err
	}
	boot, err := bootID()
	if err != nil {
		return nil, err
	}
	return &journal{Name: name, BootID: boot, Subnet: subnet}, nil
}

// createNetns writes the new namespace's identity down before it gets a name:
// until then it dies with this process.
func createNetns(j *journal, name string, step func(string)) error {
	ns, err := newNetns()
	if err != nil {
		return err
	}
	defer ns.Close()
	id, err := identify(ns)
	if err != nil {
		return err
	}
	j.Netns = append(j.Netns, madeNetns{Name: name, identity: id})
	if err := j.save(); err != nil {
		return err
	}
	step("journal " + name)
	return pinNew(ns, name, step)
}

func buildPair(j *journal, step func(string)) error {
	netns := netnsNames(j.Name)
	var handles [2]*netlink.Handle
	for i, ns := range netns {
		h, err := handleIn(ns)
		if err != nil {
			return err
		}
		defer h.Close()
		handles[i] = h
		j.Links = append(j.Links, madeLink{Netns: ns, Ifname: ifname})
	}
	if err := j.save(); err != nil {
		return err
	}
	step("journal pair")
	if err := createPair(netns, handles[0]); err != nil {
		return err
	}
	step("pair")
	for _, h := range handles {
		for _, dev := range []string{"lo", ifname} {
			if err := setUp(h, dev); err != nil {
				return err
			}
			step("up " + dev)
		}
	}
	for i, h := range handles {
		if err := waitCarrier(h); err != nil {
			return err
		}
		v4, v6 := prefixes(j.Subnet, i)
		if err := errors.Join(addAddress(h, v4), addAddress(h, v6)); err != nil {
			return fmt.Errorf("in namespace %q: %w", netns[i], err)
		}
		step("addresses")
	}
	return nil
}
