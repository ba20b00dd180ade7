// SPDX-License-Identifier: Apache-2.0

// Package pathtest makes networks for tests: a client that reaches a server
// through a router, each in a network namespace of its own.
package pathtest

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
)

// Network is a client, a router and a server:
//
//	client     router                server
//	eth0 ----- port-br0        out - eth0
//
// The router forwards, and puts its own address in place of the client's on
// what leaves by out.
type Network struct {
	// Client, Router and Server are the names of the namespaces.
	Client, Router, Server string
	// V4 and V6 are who has which address in each family.
	V4, V6 Addresses
}

// Addresses are those of one family. The client's network and the server's are
// 24 bits long, or 64 in IPv6.
type Addresses struct {
	// Gateway is the router's in the client's network, Out that in the
	// server's.
	Client, Gateway, Out, Server netip.Addr
}

// The names of the devices.
const (
	// Eth0 is the only device of client and server, besides lo.
	Eth0 = "eth0"
	// Bridge is the router's device in the client's network, Port that one's
	// veth to the client.
	Bridge, Port = "br0", "port"
	// Out is the router's veth to the server.
	Out = "out"
)

var number atomic.Int32

// New makes a network that exists until the test ends, or its process dies.
// It skips the test without root, ip and nft.
func New(t testing.TB) *Network {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, tool := range []string{"sh", "ip", "nft"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
	id := number.Add(1)
	name := func(role string) string {
		return fmt.Sprintf("vethtrace-path%d-%d-%s", os.Getpid(), id, role)
	}
	n := &Network{
		Client: name("client"), Router: name("router"), Server: name("server"),
		V4: addresses("10.88.1.2", "10.88.1.1", "10.88.2.1", "10.88.2.2"),
		V6: addresses("fd88:1::2", "fd88:1::1", "fd88:2::1", "fd88:2::2"),
	}
	deleteAtEnd(t, n.Client, n.Router, n.Server)
	cmd := exec.Command("sh", "-e", "-c", script, "sh", n.Client, n.Router, n.Server)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making the network: %v: %s", err, out)
	}
	n.waitCarrier(t)
	return n
}

func addresses(client, gateway, out, server string) Addresses {
	return Addresses{
		netip.MustParseAddr(client), netip.MustParseAddr(gateway),
		netip.MustParseAddr(out), netip.MustParseAddr(server),
	}
}

// deleteAtEnd deletes namespaces with the test, by a child that does so as well
// when the test's process is killed: its standard input ends then.
func deleteAtEnd(t testing.TB, names ...string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const wait = `cat >/dev/null; for n in "$@"; do ip netns del "$n" 2>/dev/null; done`
	cmd := exec.Command("sh", append([]string{"-c", wait, "sh"}, names...)...)
	cmd.Stdin, cmd.SysProcAttr = r, ownGroup
	if err := cmd.Start(); err != nil {
		w.Close()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		_ = cmd.Wait() // its status is that of the last, which may be gone
	})
}

// Exec runs a program in one of the namespaces and returns what it printed.
func Exec(t testing.TB, netns string, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", append([]string{"netns", "exec", netns}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q in %s: %v: %s", args, netns, err, out)
	}
	return string(out)
}

// Shell runs lines of shell in one of the namespaces and returns what they
// printed.
func Shell(t testing.TB, netns, lines string) string {
	t.Helper()
	return strings.TrimSpace(Exec(t, netns, "sh", "-e", "-c", lines))
}
