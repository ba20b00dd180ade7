// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"fmt"
	"os"
	"testing"
)

// steps is at which steps a topology is interrupted: at all of them, but in an
// emulated machine, where each takes seconds, only of what no other machine may
// have, and only when the kernels do not share tests out.
func steps(topology Topology) (first, stride int) {
	rare := topology == Netkit || topology == IPVlanL2
	if testing.Short() || inVM && (!rare || os.Getenv("VETHTRACE_TURN") != "") {
		return 5, 37
	}
	return 1, 1
}

// Whatever is done when the maker of a lab dies, what is not the lab's is as it
// was after Down.
func TestTopologiesKilledWhileGoingUp(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	for _, topology := range Topologies() {
		t.Run(string(topology), func(t *testing.T) {
			needTurn(t, topology)
			name := labName(t)
			upAs(t, name, Shape{Topology: topology}) // or skips
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			their := theirs(t)
			before := exact(t, their)
			shape := Shape{Topology: topology, Netns: []string{their}, GRO: "on"}
			upAs(t, name, shape)
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			wantExact(t, their, before, "up and down")
			first, stride := steps(topology)
			n := first
			for ; (killed{Verb: "up", Name: name, At: n, Shape: shape}.run(t)); n += stride {
				if err := Down(name); err != nil {
					t.Fatalf("Down after step %d: %v", n, err)
				}
				wantGone(t, name)
				wantExact(t, their, before, fmt.Sprintf("killed at step %d of up", n))
			}
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			t.Logf("killed at step %d and each %d. up to %d", first, stride, n-stride)
		})
	}
}

func TestTopologiesKilledWhileGoingDown(t *testing.T) {
	if !inOwnRun(t) {
		return
	}
	for _, topology := range Topologies() {
		t.Run(string(topology), func(t *testing.T) {
			needTurn(t, topology)
			name := labName(t)
			upAs(t, name, Shape{Topology: topology}) // or skips
			if err := Down(name); err != nil {
				t.Fatal(err)
			}
			their := theirs(t)
			before := exact(t, their)
			shape := Shape{Topology: topology, Netns: []string{their}}
			first, stride := steps(topology)
			n := first
			for {
				upAs(t, name, shape)
				if !killedAt(t, "down", name, n) {
					break
				}
				if err := Down(name); err != nil {
					t.Fatalf("Down after step %d: %v", n, err)
				}
				wantGone(t, name)
				wantExact(t, their, before, fmt.Sprintf("killed at step %d of down", n))
				n += stride
			}
			wantGone(t, name)
			wantExact(t, their, before, "after down")
			t.Logf("killed at step %d and each %d. up to %d", first, stride, n-stride)
		})
	}
}
