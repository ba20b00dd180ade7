// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// The story is true here: what the host sets does not reach the container, what
// is set there counts for new connections, and the kernel has counted the same
// keepalives.
func TestLabRunSysctl(t *testing.T) {
	own, err := os.ReadFile("/proc/sys/net/ipv4/tcp_keepalive_time")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := runStory(t, "sysctl")
	var doc sysctlExperimentJSON
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	t.Log(doc.Conclusion)
	if len(doc.Runs) != 3 || doc.Mode == "" || doc.Kernel == "" {
		t.Fatalf("got %+v", doc)
	}
	const key = "net.ipv4.tcp_keepalive_time"
	// The kernel's default is TCP_KEEPALIVE_TIME, two hours.
	for i, want := range []struct{ set, host, container string }{{"none", "7200", "7200"}, {"host", "1", "7200"}, {"container", "1", "1"}} {
		run := doc.Runs[i]
		if run.Set != want.set || run.Host[key] != want.host || run.Container[key] != want.container || len(run.Connections) != i+1 {
			t.Fatalf("run %d: got %+v, want %+v", i+1, run, want)
		}
		for j, c := range run.Connections {
			fresh := i == 2 && j == 2
			if c.OpenedIn != j+1 || c.DueNS == nil || (*c.DueNS <= time.Second.Nanoseconds()) != fresh || (c.Keepalives > 0) != fresh {
				t.Errorf("run %d: got connection %+v", i+1, c)
			}
		}
		// One may come between the two readings.
		if sent := run.Connections[i].Keepalives; sent < run.Counted || sent > run.Counted+1 {
			t.Errorf("run %d: the trace saw %d keepalives, the kernel counted %d", i+1, sent, run.Counted)
		}
	}
	if !strings.Contains(doc.Cure, "--sysctl "+key+"=") {
		t.Errorf("got cure %q", doc.Cure)
	}
	if now, err := os.ReadFile("/proc/sys/net/ipv4/tcp_keepalive_time"); err != nil || string(now) != string(own) {
		t.Errorf("of this namespace it was %q, is %q, %v", own, now, err)
	}
	wantStoryKeys(t, doc.Keys)
}

// wantStoryKeys checks verdicts that are the same on all kernels.
func wantStoryKeys(t *testing.T, keys []storyKeyJSON) {
	t.Helper()
	verdicts := make(map[string]string)
	for _, k := range keys {
		verdicts[k.Name] = k.Verdict
		if k.Verdict != "host only" && (k.Value == nil || k.New == nil || k.Why == "") {
			t.Errorf("got %+v", k)
		}
	}
	for name, want := range map[string]string{
		"net.core.netdev_max_backlog": "host only", "net.ipv4.ip_forward": "conditional",
		"net.ipv4.tcp_congestion_control": "inherited", "net.ipv4.tcp_keepalive_time": "reset",
	} {
		if verdicts[name] != want {
			t.Errorf("%s: got %q, want %q", name, verdicts[name], want)
		}
	}
}

func TestLabRunSysctlText(t *testing.T) {
	onAnyKernel(t)
	name := labName(t)
	got := runCommandLine(t, "lab", "run", "sysctl", "--name", name)
	if got.status != 0 || got.stderr != "" {
		t.Errorf("got exit status %d, %q", got.status, got.stderr)
	}
	for _, want := range []string{
		"\nSYSCTL ", "\nnet.ipv4.tcp_keepalive_time ", "run 1 of 3: lab " + name, "run 2 of 3: lab " + name, "run 3 of 3: lab " + name,
		"net.ipv4.tcp_keepalive_time in namespace vethtrace-" + name + "-host: 7200 -> 1\n",
		"net.ipv4.tcp_keepalive_time in namespace vethtrace-" + name + "-a: 7200 -> 1\n",
		"\ntcp_keepalive_time/intvl/probes ", "\nconnection of run 3: keepalive due in ", "\nTCPKeepAlive of ",
		"\nSet on the host (1/1/6), ", "\n  nsenter -t PID -n sysctl -w ", "Everything is undone: there is no lab " + name,
	} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got no %q in\n%s", want, got.stdout)
		}
	}
	if left := leftOf(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
}

// What /proc/net/tcp says is what the socket was told.
func TestParseTimers(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, idle := range []int{0, 1000} {
		d := net.Dialer{KeepAlive: -1}
		if idle > 0 {
			d = net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: time.Duration(idle) * time.Second}}
		}
		d.SetMultipathTCP(false)
		c, err := d.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		// The kernel leaves lines out when connections of others come and go
		// between two reads. The process's first thread may be elsewhere.
		eventually(t, fmt.Sprintf("keepalive after %ds", idle), func() bool {
			text, err := os.ReadFile("/proc/thread-self/net/tcp")
			if err != nil {
				t.Fatal(err)
			}
			timers, err := parseTimers(string(text))
			if err != nil {
				t.Fatal(err)
			}
			due, running := timers[c.LocalAddr().(*net.TCPAddr).AddrPort().Port()]
			most := time.Duration(idle) * time.Second
			return running == (idle > 0) && due <= most && due >= most*9/10
		})
	}
}
