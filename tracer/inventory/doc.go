// SPDX-License-Identifier: Apache-2.0

// Package inventory finds the network namespaces of the machine: who holds each
// (processes, threads, open files, bind mounts), whose it is (a container, a
// pod, a systemd unit), its devices, and where the other end of each veth is.
//
// It asks the kernel (/proc, rtnetlink) and reads the files that container
// runtimes keep of what they run; it talks to no daemon. Which container a
// process is in is told by its cgroup path, what that container is called by
// the runtime's files. It changes nothing.
package inventory
