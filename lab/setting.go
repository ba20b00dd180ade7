// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Kind is what a [Setting] sets.
type Kind string

const (
	// RPSKind is the CPUs that share the flows a device receives: a mask as the
	// kernel takes it, see [ParseCPUs].
	RPSKind Kind = "rps"
	// RFSKind is how many flows each receive queue of a device is steered by, to the
	// CPU of their reader: rps_flow_cnt. It does nothing while the machine-wide
	// net.core.rps_sock_flow_entries is 0.
	RFSKind Kind = "rfs"
	// SysctlKind is a value under net.
	SysctlKind Kind = "sysctl"
	// GROKind is generic receive offload: on or off.
	GROKind Kind = "gro"
	// QdiscKind is the queueing discipline at the root of a device, in the words of tc.
	QdiscKind Kind = "qdisc"
)

// Setting is a value of the kernel that can be changed and changed back.
type Setting struct {
	Kind Kind `json:"kind"`
	// Netns is a name under /run/netns, a path, the ID of a process, a, b, host or
	// up for those of the lab, or "" for the caller's own.
	Netns string `json:"netns"`
	// Device is the name of a device, for all but a sysctl.
	Device string `json:"device,omitempty"`
	// Key of a sysctl, net.ipv4.tcp_rmem or net/ipv4/tcp_rmem.
	Key   string `json:"key,omitempty"`
	Value string `json:"value"`
}

// knob is how one kind of setting is read and written.
type knob interface {
	// check returns the setting in the kernel's form, or what is wrong with it.
	check(Setting) (Setting, error)
	read(*os.File, Setting) (string, error)
	write(ns *os.File, s Setting, value string) error
	// same says that two values mean the same to the kernel.
	same(a, b string) bool
	// script is the shell that writes a value.
	script(s Setting, value string) []string
}

var knobs = map[Kind]knob{
	RPSKind:    queueKnob{file: "rps_cpus", parse: ParseCPUs, canon: canonMask},
	RFSKind:    queueKnob{file: "rps_flow_cnt", parse: parseFlows, canon: func(v string) string { return v }},
	SysctlKind: sysctlKnob{},
	GROKind:    groKnob{},
	QdiscKind:  qdiscKnob{},
}

func (s Setting) knob() (knob, error) {
	if k := knobs[s.Kind]; k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("there is no kind of setting %q", s.Kind)
}

// Check says what of a setting cannot be meant. It looks for no namespace and
// no device.
func (s Setting) Check() error {
	_, err := s.checked()
	return err
}

// checked is the setting in the form the kernel has.
func (s Setting) checked() (Setting, error) {
	k, err := s.knob()
	if err != nil {
		return s, err
	}
	if s.Kind != SysctlKind {
		if err := validatePathName("device", s.Device); err != nil {
			return s, err
		}
	}
	if s.Value == "" {
		return s, errors.New("the value is empty")
	}
	return k.check(s)
}

// resolved is one with its namespace as it is written down, for which a lab's
// own may be called a, b, host or up.
func (s Setting) resolved(lab string) (Setting, error) {
	s, err := s.checked()
	if err != nil {
		return s, err
	}
	s.Netns, err = FindNetns(lab, s.Netns)
	return s, err
}

// what names the thing that is set.
func (s Setting) what() string {
	name := s.dottedKey()
	if s.Kind != SysctlKind {
		name = fmt.Sprintf("%s of %s", s.Kind, s.Device)
	}
	if s.Netns == "" || s.Netns == ownNetns {
		return name
	}
	return fmt.Sprintf("%s in namespace %s", name, s.Netns)
}

// dottedKey is how most write a key. One with a device that has a dot in its name
// stays as it is.
func (s Setting) dottedKey() string {
	if strings.Contains(s.Key, ".") {
		return s.Key
	}
	return strings.ReplaceAll(s.Key, "/", ".")
}

// script is the shell that sets a value.
func (s Setting) script(value string) []string {
	k, err := s.knob()
	if err != nil {
		return nil
	}
	return k.script(s, value)
}
