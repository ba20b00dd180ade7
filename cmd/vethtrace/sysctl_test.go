// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

type sysctlDoc struct {
	Type      string
	NetnsName string `json:"netns_name"`
	Keys      []struct {
		Name, Verdict, Proof string
		Host, Value, New     *string
		SetSince             bool `json:"set_since"`
	}
}

func sysctlJSON(t *testing.T, args ...string) sysctlDoc {
	t.Helper()
	got := runCommandLine(t, append([]string{"sysctl", "--json"}, args...)...)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("%q: exit status %d, %s", args, got.status, got.stderr)
	}
	var doc sysctlDoc
	if err := json.Unmarshal([]byte(got.stdout), &doc); err != nil || doc.Type != "sysctl" {
		t.Fatalf("%v in %s", err, got.stdout)
	}
	return doc
}

// The story: what the host has, what the container does not see, and why.
func TestSysctlStory(t *testing.T) {
	l := quietLab(t)
	a := l.Ends[0]
	inside(t, a, "sh", "-c", "echo 601 >/proc/sys/net/ipv4/tcp_keepalive_time")
	want := map[string]string{
		"net.ipv4.tcp_keepalive_time": "reset", "net.ipv4.tcp_congestion_control": "inherited",
		"net.ipv4.ip_forward": "conditional", "net.ipv4.conf." + a.Ifname + ".rp_filter": "device", "net.core.netdev_max_backlog": "host only",
	}
	for _, k := range sysctlJSON(t, "--netns", a.Netns, "*").Keys {
		verdict, ok := want[k.Name]
		if !ok {
			continue
		}
		delete(want, k.Name)
		if k.Verdict != verdict {
			t.Errorf("%s: %s (%s), want %s", k.Name, k.Verdict, k.Proof, verdict)
		}
		// /proc/sys/net here is the host's.
		file := filepath.Join("/proc/sys", strings.ReplaceAll(k.Name, ".", "/"))
		if host, err := os.ReadFile(file); k.Host != nil && err == nil && strings.Join(strings.Fields(string(host)), " ") != *k.Host {
			t.Errorf("%s of the host: %q, want %q", k.Name, *k.Host, host)
		}
		if k.Name == "net.ipv4.tcp_keepalive_time" && (!k.SetSince || k.Value == nil || *k.Value != "601" || *k.New != "7200") {
			t.Errorf("got %+v", k)
		}
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
	text := runCommandLine(t, "sysctl", "--netns", a.Netns, "--diff")
	for _, want := range []string{"net.ipv4.tcp_keepalive_time", "set since", "docker run --sysctl", "nsenter --net="} {
		if !strings.Contains(text.stdout, want) {
			t.Errorf("no %q in\n%s", want, text.stdout)
		}
	}
}

// The command that is printed does what it says.
func TestSysctlCure(t *testing.T) {
	l := quietLab(t)
	a := l.Ends[0]
	inside(t, a, "sh", "-c", "echo 601 >/proc/sys/net/ipv4/tcp_keepalive_time")
	needTool(t, "sysctl")
	text := runCommandLine(t, "sysctl", "--netns", a.Netns, "net.ipv4.tcp_keepalive_time").stdout
	_, after, ok := strings.Cut(text, "now: ")
	command, _, _ := strings.Cut(after, "\n")
	if !ok {
		t.Fatalf("no command in\n%s", text)
	}
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	k := sysctlJSON(t, "--netns", a.Netns, "net.ipv4.tcp_keepalive_time").Keys[0]
	if k.Host == nil || k.Value == nil || *k.Host != *k.Value {
		t.Errorf("%s: got %+v, want the host's value", command, k)
	}
}

func TestSysctlErrors(t *testing.T) {
	needRoot(t)
	wantSentence(t, runCommandLine(t, "sysctl", "nosuchkey"), exitFailure, `no sysctl below net matches "nosuchkey"`)
	wantSentence(t, runCommandLine(t, "sysctl", "tcp_["), exitFailure, "tcp_[")
	wantSentence(t, runCommandLine(t, "sysctl", "--netns", "nosuch"), exitFailure, "nosuch")
	wantSentence(t, runCommandLine(t, "sysctl", "a", "b"), exitUsage, "one argument")
	wantSentence(t, runCommandLine(t, "sysctl", ""), exitUsage, "empty")
}
