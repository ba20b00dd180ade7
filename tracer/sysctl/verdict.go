// SPDX-License-Identifier: Apache-2.0

package sysctl

import "strings"

// Verdict is how a namespace comes by the value of a key.
type Verdict int

// The verdicts.
const (
	// Unknown is a key that was neither measured nor shows anything.
	Unknown Verdict = iota
	// Inherited is a copy of the host's value at the moment when the namespace
	// was made; neither sees the other's changes afterwards.
	Inherited
	// Reset is the kernel's default in each new namespace, whatever the host's
	// value is.
	Reset
	// Conditional is a key of conf/all or conf/default: inherited or reset as
	// net.core.devconf_inherit_init_net says when the namespace is made.
	Conditional
	// OfDevice is a key of one device, set when the device comes into the
	// namespace.
	OfDevice
	// Shared is the host's value, which every namespace sees.
	Shared
	// HostOnly is a key that only the initial namespace has; its value holds
	// for all.
	HostOnly
	// Constant is a value that nobody can set.
	Constant
)

// String returns the verdict's name in tables and JSON.
func (v Verdict) String() string {
	return [...]string{"unknown", "inherited", "reset", "conditional", "device", "shared", "host only", "constant"}[v]
}

// Proof is what a verdict rests on.
type Proof int

// The proofs.
const (
	// NoProof is that of Unknown.
	NoProof Proof = iota
	// Observed is that the namespaces here show it.
	Observed
	// Measured is that it was so on a kernel that was measured; here nothing
	// speaks against it.
	Measured
	// Contradicted is that a kernel that was measured behaved otherwise: what is
	// observed here holds.
	Contradicted
)

// String returns the proof's name in tables and JSON.
func (p Proof) String() string {
	return [...]string{"none", "observed", "measured", "contradicted"}[p]
}

// judge compares what the host and a new namespace have, and what was measured.
// mode is the value of inheritKey.
func judge(key string, host, fresh *value, c class, mode string) (Verdict, Proof) {
	if _, _, _, ok := ofDevice(key); ok {
		return OfDevice, Measured
	}
	against := func(v Verdict, as ...class) (Verdict, Proof) {
		for _, a := range as {
			if a == c {
				return v, Observed
			}
		}
		return v, Contradicted
	}
	switch {
	case host == nil && fresh == nil:
		return Unknown, NoProof
	case fresh == nil:
		// The namespace's part of some modules is made when they are loaded:
		// all of a new namespace has been there since.
		return against(HostOnly, hostOnly, constant, absentThen)
	case host == nil:
		return Unknown, NoProof
	case !host.writable && !fresh.writable:
		return Constant, Observed
	case !fresh.writable:
		return against(Shared, sharedReadOnly, absentThen)
	case host.err != nil || fresh.err != nil:
		return Unknown, NoProof
	case isConf(key):
		if effect, _ := confEffect(key, mode); effect == Inherited && host.text != fresh.text {
			return Conditional, Contradicted
		} else if effect == Reset && host.text != fresh.text {
			return Conditional, Observed
		}
		return Conditional, Measured
	case c == shared:
		return Shared, Measured
	case host.text != fresh.text:
		return against(Reset, resets, absentThen, unsettable)
	case c == inherits:
		return Inherited, Measured
	case c == resets:
		return Reset, Measured
	}
	return Unknown, NoProof
}

// isConf says whether devconf_inherit_init_net has a say in the key. ip_forward
// is conf/all/forwarding.
func isConf(key string) bool {
	return key == "net/ipv4/ip_forward" || strings.HasPrefix(key, "net/ipv4/conf/") || strings.HasPrefix(key, "net/ipv6/conf/")
}
