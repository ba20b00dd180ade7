// SPDX-License-Identifier: Apache-2.0

package pathtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"testing"

	"github.com/vishvananda/netns"
)

// In runs fn on a thread in a named namespace. What fn opens stays there.
func In(t testing.TB, name string, fn func() error) {
	t.Helper()
	done := make(chan error)
	go func() { done <- onThreadIn(name, fn) }()
	if err := <-done; err != nil {
		t.Fatalf("in namespace %s: %v", name, err)
	}
}

func onThreadIn(name string, fn func() error) error {
	runtime.LockOSThread()
	home, err := netns.Get()
	if err != nil {
		return err
	}
	defer home.Close()
	ns, err := netns.GetFromName(name)
	if err != nil {
		return err
	}
	defer ns.Close()
	if err := netns.Set(ns); err != nil {
		return err
	}
	err = fn()
	if netns.Set(home) == nil {
		runtime.UnlockOSThread()
	}
	return err
}

// Listen listens on a TCP port in a namespace, and answers each UDP packet to it
// with the same, until the test ends.
func Listen(t testing.TB, name string, port uint16) {
	t.Helper()
	at := fmt.Sprintf(":%d", port)
	var tcp net.Listener
	var udp net.PacketConn
	In(t, name, func() (err error) {
		if tcp, err = net.Listen("tcp", at); err != nil {
			return err
		}
		udp, err = net.ListenPacket("udp", at)
		return err
	})
	ended := make(chan struct{})
	t.Cleanup(func() {
		tcp.Close()
		udp.Close()
		<-ended
		<-ended
	})
	go func() {
		defer func() { ended <- struct{}{} }()
		for {
			c, err := tcp.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				c.Close()
			}
		}
	}()
	go func() {
		defer func() { ended <- struct{}{} }()
		p := make([]byte, 1<<16)
		for {
			n, from, err := udp.ReadFrom(p)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				_, _ = udp.WriteTo(p[:n], from) // whoever asked will say so
			}
		}
	}()
}

// KeepPinging runs ping in a namespace until the test ends or stop is called.
func KeepPinging(t testing.TB, name string, to netip.Addr) (stop func()) {
	t.Helper()
	if _, err := exec.LookPath("ping"); err != nil {
		t.Skipf("needs ping: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "ip", "netns", "exec", name, "ping", "-q", "-i", "0.01", to.String())
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	stop = func() { cancel(); _ = cmd.Wait() } // it was killed
	t.Cleanup(cancel)
	return stop
}
