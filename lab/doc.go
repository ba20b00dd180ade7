// SPDX-License-Identifier: Apache-2.0

// Package lab makes the changes vethtrace looks at, and undoes them: network
// namespaces connected as containers are ([Up]), settings of any namespace
// ([Apply]), and traffic.
//
// A lab named demo is namespaces vethtrace-demo-a, vethtrace-demo-b and, in most
// topologies, vethtrace-demo-host and vethtrace-demo-up, bind-mounted under
// /run/netns as `ip netns add` does it, so that `ip netns exec vethtrace-demo-a
// ping 10.77.1.2` works. Their devices are made inside them: nothing in the
// namespace the caller lives in is touched, unless it was named in [Shape],
// [Wire] or a [Setting].
//
// What [Up] does is a plan of steps, which follows from the lab's name and shape:
// it can be printed as shell commands ([UpCommands]). Before each step or change
// the journal /run/vethtrace/lab-<name>.json says what is about to be made, down
// to the inode and cookie of each namespace, and what was there before. [Down]
// undoes what the journal says and nothing else: it works after the maker was
// killed at any moment, refuses a namespace of the right name that the lab did
// not make, and leaves a value that somebody has changed since.
//
// Everything here needs CAP_SYS_ADMIN and CAP_NET_ADMIN, except [List].
package lab
