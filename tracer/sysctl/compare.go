// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/tracer"
)

// Comparison is all net sysctls of the host beside those of a namespace.
type Comparison struct {
	// Kernel is the release that runs, Measured the kernel whose measurements
	// say what cannot be observed.
	Kernel, Measured string
	// Netns is the namespace, nil when only a new one is looked at.
	Netns *tracer.Netns
	// InheritMode is the host's net.core.devconf_inherit_init_net, empty if it
	// cannot be read.
	InheritMode string
	// ReadOnly is a process of the namespace that sees /proc/sys mounted
	// read-only, 0 if none was found.
	ReadOnly int
	Keys     []Key
}

// Key is one sysctl.
type Key struct {
	// Name is dotted, as sysctl(8) has it; a dot in a device's name is a slash
	// there.
	Name string
	// Host, Value and New are the values in the initial namespace, the one that
	// is looked at, and one made now; nil where there is none. Of a key of a
	// device there is only Value: another namespace's device of that name is
	// another device.
	Host, Value, New *string
	Verdict          Verdict
	Proof            Proof
	// Effect is what Conditional amounts to as the switch stands; else it is
	// Verdict.
	Effect Verdict
	// Since is the oldest measured kernel since which it is so, empty if it was
	// not measured.
	Since string
	// Why is the verdict in words, with the kernel's function.
	Why string
	// Changed says that Value is not what a namespace made now would get,
	// although nothing of the host's goes into it: it was set there.
	Changed bool
}

// Differs says whether the namespace, or a new one if none was given, has
// another value than the host.
func (k *Key) Differs() bool {
	if k.Verdict == OfDevice {
		return false
	}
	there := k.Value
	if there == nil {
		there = k.New
	}
	return k.Host != nil && there != nil && *k.Host != *there
}

// Compare reads the host's values, those of ns unless it is nil, and those of a
// namespace made for it. It needs CAP_SYS_ADMIN.
func Compare(host tracer.Netns, ns *tracer.Netns) (*Comparison, error) {
	atHost, err := readIn(host.Path)
	if err != nil {
		return nil, err
	}
	fresh, err := readNew()
	if err != nil {
		return nil, err
	}
	there := values{}
	c := &Comparison{Kernel: release(), Netns: ns, InheritMode: atHost[inheritKey].text}
	if ns != nil {
		if there, err = readIn(ns.Path); err != nil {
			return nil, err
		}
		c.ReadOnly = readOnlyIn(ns.Inode)
	}
	col := column(c.Kernel)
	c.Measured = measured[col]
	names := maps.Clone(atHost)
	maps.Copy(names, fresh)
	maps.Copy(names, there)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		c.Keys = append(c.Keys, keyOf(name, atHost, there, fresh, col, c.InheritMode))
	}
	return c, nil
}

func keyOf(name string, host, there, fresh values, col int, mode string) Key {
	class, since := classOf(name, col)
	h, t, f := host.get(name), there.get(name), fresh.get(name)
	k := Key{Name: dotted(name), Since: since, Host: text(h), Value: text(t), New: text(f)}
	k.Verdict, k.Proof = judge(name, h, f, class, mode)
	k.Effect = k.Verdict
	if k.Verdict == Conditional {
		k.Effect, _ = confEffect(name, mode)
	}
	if k.Verdict == OfDevice {
		k.Host, k.New = nil, nil
	}
	k.Why = why(name, &k, mode)
	k.Changed = k.Effect == Reset && k.Value != nil && k.New != nil && *k.Value != *k.New
	return k
}

// get returns a value, nil if there is none.
func (all values) get(name string) *value {
	if v, ok := all[name]; ok {
		return &v
	}
	return nil
}

// text is the value, nil if it cannot be read.
func text(v *value) *string {
	if v == nil || v.err != nil {
		return nil
	}
	return &v.text
}

// dotted is a file below /proc/sys as sysctl(8) names it.
func dotted(file string) string {
	return strings.NewReplacer("/", ".", ".", "/").Replace(file)
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// Select returns the keys that match a pattern of sysctl(8)'s kind: shell
// wildcards, or a part of the name, with dots or slashes. An empty one is an
// error of the caller.
func (c *Comparison) Select(pattern string) ([]Key, error) {
	match, err := matcher(pattern)
	if err != nil {
		return nil, err
	}
	var found []Key
	for _, k := range c.Keys {
		if match(k.Name) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no sysctl below net matches %q", pattern)
	}
	return found, nil
}
