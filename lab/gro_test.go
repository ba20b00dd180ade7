// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

func TestSetGRO(t *testing.T) {
	l := mustUp(t, labName(t))
	_, lookErr := exec.LookPath("ethtool")
	for _, want := range []bool{true, false, true} {
		ns := l.Ends[1].Netns
		if err := SetGRO(ns, "eth0", want); err != nil {
			t.Fatal(err)
		}
		if got, err := GRO(ns, "eth0"); got != want || err != nil {
			t.Errorf("got %t, %v, want %t", got, err, want)
		}
		if lookErr != nil {
			continue
		}
		line := "generic-receive-offload: " + map[bool]string{true: "on", false: "off"}[want]
		if out := command(t, "ip", "netns", "exec", ns, "ethtool", "-k", "eth0"); !strings.Contains(out, line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
	if lookErr != nil {
		t.Skip("needs ethtool to compare with")
	}
}

func TestSetGROErrors(t *testing.T) {
	l := mustUp(t, labName(t))
	err := SetGRO(l.Ends[0].Netns, "eth9", true)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", "eth9")) {
		t.Errorf("got %v, want it to name the device", err)
	}
}
