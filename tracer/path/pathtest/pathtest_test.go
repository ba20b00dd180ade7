// SPDX-License-Identifier: Apache-2.0

package pathtest

import (
	"os"
	"testing"
)

// The network carries packets in both families, and goes with its test.
func TestNetwork(t *testing.T) {
	var n *Network
	t.Run("made", func(t *testing.T) {
		n = New(t)
		for _, a := range []Addresses{n.V4, n.V6} {
			Exec(t, n.Client, "ping", "-c1", "-W5", a.Server.String())
		}
	})
	if n == nil {
		return
	}
	for _, name := range []string{n.Client, n.Router, n.Server} {
		if _, err := os.Stat("/run/netns/" + name); !os.IsNotExist(err) {
			t.Errorf("namespace %s after its test: got %v, want it gone", name, err)
		}
	}
}
