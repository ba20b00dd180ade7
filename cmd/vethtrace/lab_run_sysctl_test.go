// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// sysctlFound is what is found where only the third run's connection sends so many
// keepalives.
func sysctlFound(sent uint64) *sysctlResult {
	made := keepalives{"7200", "75", "9"}
	const hours = 7200 * time.Second
	one := func(due time.Duration) idleConn { return idleConn{openedIn: 1, due: due, running: true} }
	two := func(due time.Duration) idleConn { return idleConn{openedIn: 2, due: due, running: true} }
	host, value, fresh := "600", "7200", "7200"
	return &sysctlResult{
		keys: []sysctl.Key{
			{Name: keepaliveKeys[0], Host: &host, Value: &value, New: &fresh, Verdict: sysctl.Reset, Effect: sysctl.Reset,
				Proof: sysctl.Observed, Why: "the kernel's default"},
			{Name: "net.ipv4.ip_forward", Host: &host, Verdict: sysctl.Conditional, Effect: sysctl.Inherited},
		},
		runs: []sysctlRun{
			{setNowhere, made, made, []idleConn{one(hours)}, 0},
			{setOnHost, storyKeepalives, made, []idleConn{one(hours - 4*time.Second), two(hours)}, 0},
			{setInContainer, storyKeepalives, storyKeepalives, []idleConn{
				one(hours - 8*time.Second), {openedIn: 2}, {openedIn: 3, due: time.Second, running: true, keepalives: sent},
			}, sent},
		},
		seen: &tracer.Snapshot{Run: tracer.Run{Warnings: []string{"a hook is missing"}}, Losses: tracer.Losses{MissedSlots: 2}},
	}
}

func TestWriteSysctlStory(t *testing.T) {
	var got strings.Builder
	if err := writeSysctlStory(&got, sysctlStory{name: "s", duration: 3500 * time.Millisecond}, sysctlFound(3)); err != nil {
		t.Fatal(err)
	}
	const want = `
tcp_keepalive_time/intvl/probes           as made  set on the host  set in the container
  of the host                           7200/75/9            1/1/6                 1/1/6
  of the container                      7200/75/9        7200/75/9                 1/1/6
connection of run 1: keepalive due in       7200s            7196s                 7192s
  keepalives that crossed the veth              0                0                     0
connection of run 2: keepalive due in           -            7200s              no timer
  keepalives that crossed the veth              -                0                     0
connection of run 3: keepalive due in           -                -                  1.0s
  keepalives that crossed the veth              -                -                     3
TCPKeepAlive of the container's kernel          0                0                     3

Set on the host (1/1/6), the container's stayed 7200/75/9 and a new connection
there sent no keepalive in 3.5s; set in the container (1/1/6), a new one sent 3
keepalives: only what is set in the container counts there. The connection of
run 1 sent none: its timer was set when the container's were 7200/75/9, and is
due in 7192s. net.ipv4.tcp_keepalive_time is reset: the kernel's default, as is
seen here.
For a container of your own, at its start (Kubernetes: securityContext.sysctls
of the pod, safe since 1.29), or now, from the host, where PID is one of its
processes:
  docker run --sysctl net.ipv4.tcp_keepalive_time=600 ...
  nsenter -t PID -n sysctl -w net.ipv4.tcp_keepalive_time=600
In the container itself /proc/sys is mounted read-only as a rule. 'vethtrace
sysctl' has all other keys.
warning: a hook is missing
warning: 2 packets may be missing in the trace
Everything is undone: there is no lab s any more.
`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, got.String())
	}
}

func TestSysctlConclusion(t *testing.T) {
	reached := sysctlFound(1)
	reached.runs[1].container = storyKeepalives
	reached.runs[1].conns[1].keepalives = 2
	for _, c := range []struct {
		r    *sysctlResult
		want string
		cure bool
	}{
		{sysctlFound(1), "a new one sent 1 keepalive: only what", true},
		{sysctlFound(0), "a new one sent no keepalive: no keepalive came there either. net.ipv4", false},
		{reached, "here the host's reached the container", false},
	} {
		if got := sysctlConclusion(c.r, time.Second); !strings.Contains(got, c.want) {
			t.Errorf("got %q, want %q in it", got, c.want)
		}
		if got := sysctlCures(c.r); (got != nil) != c.cure {
			t.Errorf("%s: got cures %q", c.want, got)
		}
	}
}

func TestSysctlStoryJSON(t *testing.T) {
	var got strings.Builder
	if err := writeSysctlStoryJSON(&got, sysctlStory{duration: time.Second}, sysctlFound(3)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"duration_ns":1000000000`, `"set":"none","host":{"net.ipv4.tcp_keepalive_intvl":"75",`, `{"opened_in_run":2,"keepalives":0}`,
		`{"opened_in_run":3,"due_ns":1000000000,"keepalives":3}`, `"tcp_keepalive_counter":0`, `"verdict":"conditional","effect":"inherited","proof":"none"`,
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no %s in %s", want, got.String())
		}
	}
	if strings.Contains(got.String(), "null") {
		t.Errorf("null in %s", got.String())
	}
}

func TestKeysTable(t *testing.T) {
	const want = `SYSCTL                       host  container   new                 verdict
net.ipv4.tcp_keepalive_time   600       7200  7200                   reset
net.ipv4.ip_forward           600          -     -  conditional: inherited
`
	if got := keysTable(sysctlFound(0).keys); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestParseTimersRefuses(t *testing.T) {
	const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
	for _, line := range []string{"0: 0100007F:AC34", "0: 0100007F 0 01 0:0 02:5 0", "0: 0100007F:AC34 0 01 0:0 02:x 0"} {
		if got, err := parseTimers(head + line + "\n"); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%q: got %v, %v", line, got, err)
		}
	}
	if got, err := parseTimers(head); err != nil || len(got) != 0 {
		t.Errorf("without connections: got %v, %v", got, err)
	}
}
