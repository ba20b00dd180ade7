// SPDX-License-Identifier: Apache-2.0

// Package lab makes the changes vethtrace looks at, and undoes them: a veth
// pair between two network namespaces of its own, receive packet steering,
// GRO, and traffic over the pair.
//
// A lab named demo is two namespaces, vethtrace-demo-a and vethtrace-demo-b,
// bind-mounted under /run/netns as `ip netns add` does it, so that `ip netns
// exec vethtrace-demo-a ping 10.77.1.2` works. Both ends of the pair are
// called eth0 and are made inside these namespaces: no link, address, route or
// sysctl of the namespace the caller lives in is ever touched.
//
// Before each change that outlives the process a line of the journal
// /run/vethtrace/lab-<name>.json says what is about to be made, down to the
// inode and cookie of each namespace. [Down] undoes what the journal says and
// nothing else: it works after the maker was killed at any moment, and it
// refuses a namespace of the right name that the lab did not make.
//
// Everything here needs CAP_SYS_ADMIN and CAP_NET_ADMIN, except [List].
package lab
