// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/inventory"
)

// labNetns finds a namespace by what the lab calls it, and else by any name that
// vethtrace ns has for it: a container's, a pod's. The host is the lab's, never
// the machine's, which would be a dangerous mistake.
func labNetns(name, given string) (string, error) {
	ref, err := lab.FindNetns(name, given)
	if err == nil || given == inventory.Host {
		return ref, err
	}
	ns, err := tracer.FindNetns(given)
	return ns.Path, err
}
