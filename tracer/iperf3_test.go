// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/cilium/ebpf"

	"github.com/vethtrace/vethtrace/lab"
)

// iperf3 streams over a lab for some seconds, while taskset moves the sender
// between the CPUs, and returns what iperf3 says it sent again.
func iperf3(t testing.TB, l *lab.Lab, seconds int) uint64 {
	t.Helper()
	address := l.Ends[1].IPv4.Addr().String()
	server := exec.Command("ip", "netns", "exec", l.Ends[1].Netns, "iperf3", "-s", "-1", "-B", address)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = server.Process.Kill() // has ended after one client, if there was one
		_ = server.Wait()
	}()
	if !poll(func() bool { return listens(l.Ends[1].Netns) }) {
		t.Fatal("iperf3 does not listen")
	}
	client := exec.Command("ip", "netns", "exec", l.Ends[0].Netns,
		"iperf3", "-c", address, "-t", fmt.Sprint(seconds), "-J")
	var out bytes.Buffer
	client.Stdout = &out
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- client.Wait() }()
	for i := 0; ; i++ {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("iperf3: %v: %s", err, &out)
			}
			return iperf3Retransmits(t, out.Bytes())
		case <-time.After(500 * time.Microsecond):
		}
		// Fails when it has just ended.
		_ = exec.Command("taskset", "-a", "-pc", fmt.Sprint(i%2), fmt.Sprint(client.Process.Pid)).Run()
	}
}

// listens says whether anything does in a namespace.
func listens(netns string) bool {
	out, err := exec.Command("ip", "netns", "exec", netns, "ss", "-Hltn", "sport = 5201").Output()
	return err == nil && len(out) > 0
}

func iperf3Retransmits(t testing.TB, out []byte) uint64 {
	t.Helper()
	var report struct {
		End struct {
			Sent struct {
				Retransmits uint64 `json:"retransmits"`
			} `json:"sum_sent"`
		} `json:"end"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("reading what iperf3 says: %v: %s", err, out)
	}
	return report.End.Sent.Retransmits
}

// TestIperf3MovedByTaskset is story 4 with programs that others have written.
func TestIperf3MovedByTaskset(t *testing.T) {
	if inVM {
		t.Skip("moving a sender seldom reorders in emulated machines")
	}
	for _, program := range []string{"iperf3", "taskset", "ss"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("needs %s", program)
		}
	}
	if ebpf.MustPossibleCPU() < 2 {
		t.Skip("needs two CPUs")
	}
	for _, mask := range []string{"0", "3"} {
		t.Run("rps_cpus="+mask, func(t *testing.T) {
			l := newLab(t)
			for _, e := range l.Ends {
				if err := lab.SetRPS(e.Netns, e.Ifname, mask); err != nil {
					t.Fatal(err)
				}
			}
			tr := startTrace(t, Options{Filter: onLab(l)})
			var said uint64
			var sum Retransmits
			var d Device
			// Each taskset is a process to start: a busy machine moves seldom.
			for range 4 {
				said += iperf3(t, l, 3)
				tr.Settle()
				s := snapshot(t, tr)
				wantCounters(t, s, l)
				sum, _ = tcpFrom(s, l)
				d = deviceIn(s, deviceIDOf(l.Ends[1]))
				if mask == "3" || sum.Segs >= 1000 {
					break
				}
			}
			t.Logf("iperf3 sent %d segments again; traced %d, verdicts %v; %d of %d hops overtaken", said, sum.Segs, sum.Verdicts, d.Reordered, d.Hops)
			if said != sum.Segs {
				t.Errorf("segments sent again: %d, want the %d of iperf3", sum.Segs, said)
			}
			if mask == "3" {
				if d.Reordered != 0 || sum.Classes[ClassFast] != 0 {
					t.Errorf("%d hops overtaken, %d fast retransmits, want none", d.Reordered, sum.Classes[ClassFast])
				}
				return
			}
			if sum.Segs < 100 {
				t.Skipf("only %d segments were sent again: this machine is too busy to move the sender often", sum.Segs)
			}
			if share := float64(sum.Verdicts[VerdictReorderedAtHop]) / float64(sum.Events); share < 0.9 {
				t.Errorf("%.1f %% of retransmits are reordered-at-hop, want more than 90 %%", 100*share)
			}
		})
	}
}
