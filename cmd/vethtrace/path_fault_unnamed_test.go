// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"testing"

	packets "github.com/vethtrace/vethtrace/tracer/path"
	"github.com/vethtrace/vethtrace/tracer/path/pathtest"
)

// takeName leaves a namespace to a process alone, as containers are.
func takeName(t *testing.T, name string) {
	t.Helper()
	// It holds the namespace until its standard input ends, as it does when this
	// process is killed.
	cmd := exec.Command("ip", "netns", "exec", name, "sh", "-c", "echo; exec cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait() // it has nothing to say
	})
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ip", "netns", "del", name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat("/run/netns/" + name); err == nil {
		t.Fatalf("%s still has its name", name)
	}
}

// What cures a container names it by a path, which works.
func TestPathFaultsOfUnnamed(t *testing.T) {
	n := pathtest.New(t)
	pathtest.Shell(t, n.Server, "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all")
	takeName(t, n.Server)
	f := pathFault{proto: "icmp", want: packets.Delivered, cause: "echo_ignored", cure: "nsenter --net=/proc/"}
	f.find(t, n)
}
