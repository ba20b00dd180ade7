// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/vethtrace/vethtrace/tracer"
)

func TestColumn(t *testing.T) {
	for release, want := range map[string]string{
		"5.4.1": "5.10", "5.10.0-46-cloud-amd64": "5.10", "5.15.0": "5.10", "6.1.0": "6.1", "6.11": "6.1", "6.12.117+deb12": "6.12",
		"6.18.44-fc-v657": "6.18", "7.2.13": "6.18", "7.3.4": "7.3", "8.0.0": "7.3", "": "5.10",
	} {
		if got := measured[column(release)]; got != want {
			t.Errorf("%q: got the table of %s, want %s", release, got, want)
		}
	}
}

func TestClassOf(t *testing.T) {
	for _, c := range []struct {
		key   string
		col   int
		want  class
		since string
	}{
		{"net/ipv4/tcp_congestion_control", 2, inherits, "5.10 or before"},
		{"net/core/optmem_max", 1, hostOnly, "5.10 or before"},
		{"net/core/optmem_max", 3, resets, "6.12"},
		{"net/core/rmem_max", 0, hostOnly, "5.10 or before"},
		{"net/core/rmem_max", 4, sharedReadOnly, "6.12"},
		{"net/ipv4/conf/veth1/rp_filter", 2, resets, "5.10 or before"},
		{"net/none", 2, absentThen, ""},
	} {
		if got, since := classOf(c.key, c.col); got != c.want || since != c.since {
			t.Errorf("%s on %s: got %c since %q, want %c since %q", c.key, measured[c.col], got, since, c.want, c.since)
		}
	}
	for key, classes := range table() {
		if len(classes) != len(measured) || strings.Trim(classes, "-iraoscnu") != "" {
			t.Errorf("%s: %q", key, classes)
		}
	}
}

func TestJudge(t *testing.T) {
	v := func(text string) *value { return &value{text: text, writable: true} }
	ro := func(text string) *value { return &value{text: text} }
	for _, c := range []struct {
		name        string
		key         string
		host, fresh *value
		class       class
		mode        string
		want        Verdict
		proof       Proof
	}{
		{"reset, to be seen", "net/ipv4/x", v("600"), v("7200"), resets, "0", Reset, Observed},
		{"reset, nothing to see", "net/ipv4/x", v("7200"), v("7200"), resets, "0", Reset, Measured},
		{"inherited", "net/ipv4/x", v("bbr"), v("bbr"), inherits, "0", Inherited, Measured},
		{"the kernel has changed", "net/ipv4/x", v("bbr"), v("cubic"), inherits, "0", Reset, Contradicted},
		{"not measured", "net/ipv4/x", v("1"), v("2"), absentThen, "0", Reset, Observed},
		{"not measured, the same", "net/ipv4/x", v("1"), v("1"), absentThen, "0", Unknown, NoProof},
		{"host only", "net/core/x", v("1"), nil, hostOnly, "0", HostOnly, Observed},
		{"host only since", "net/core/x", v("1"), nil, resets, "0", HostOnly, Contradicted},
		{"shared", "net/core/x", v("1"), ro("1"), sharedReadOnly, "0", Shared, Observed},
		{"shared, writable", "net/core/x", v("1"), v("1"), shared, "0", Shared, Measured},
		{"constant", "net/core/x", ro("1"), ro("2"), constant, "0", Constant, Observed},
		{"conf of IPv4", "net/ipv4/conf/all/x", v("1"), v("1"), inherits, "0", Conditional, Measured},
		{"conf of IPv4, not inherited", "net/ipv4/conf/all/x", v("1"), v("0"), inherits, "2", Conditional, Observed},
		{"conf that should be", "net/ipv4/conf/all/x", v("1"), v("0"), inherits, "1", Conditional, Contradicted},
		{"device", "net/ipv4/conf/eth0/x", v("1"), nil, resets, "0", OfDevice, Measured},
		{"nowhere", "net/x", nil, nil, absentThen, "0", Unknown, NoProof},
	} {
		if got, proof := judge(c.key, c.host, c.fresh, c.class, c.mode); got != c.want || proof != c.proof {
			t.Errorf("%s: got %v, %v, want %v, %v", c.name, got, proof, c.want, c.proof)
		}
	}
}

func TestMatcher(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"tcp_keepalive*", "net.ipv4.tcp_keepalive_time", true},
		{"net.ipv4.tcp_*", "net.ipv4.tcp_rmem", true},
		{"net/ipv4/tcp_rmem", "net.ipv4.tcp_rmem", true},
		{"/proc/sys/net/ipv4/tcp_rmem", "net.ipv4.tcp_rmem", true},
		{"keepalive", "net.ipv4.tcp_keepalive_time", true},
		{"keepalive*", "net.ipv4.tcp_keepalive_time", false},
		{"*", "net.core.somaxconn", true},
		{"conf.veth.1.rp_filter", "net.ipv4.conf.veth/1.rp_filter", true},
	} {
		match, err := matcher(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := match(c.name); got != c.want {
			t.Errorf("%q, %q: got %v", c.pattern, c.name, got)
		}
	}
	if _, err := matcher("tcp_["); err == nil {
		t.Error("no error for a pattern that is none")
	}
}

func TestSysReadOnly(t *testing.T) {
	const docker = `600 599 0:60 / /proc rw,nosuid shared:1 - proc proc rw
601 600 0:60 /sys /proc/sys ro,nosuid - proc proc rw
`
	for text, want := range map[string]bool{
		docker: true,
		"600 599 0:60 / /proc rw,nosuid shared:1 - proc proc rw\n":             false,
		docker + "602 601 0:60 /sys /proc/sys rw - proc proc rw\n":             false,
		docker + "602 601 0:60 /sys/net /proc/sys/net rw - proc proc rw\n":     false,
		"600 599 0:60 / /proc ro - proc proc rw\nbad\n":                        true,
		"601 600 0:60 /sys /proc/sys/kernel/domainname ro,nosuid - proc x y\n": false,
	} {
		if got := sysReadOnly(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// TestStory: values set in a namespace, against sysctl(8) there.
func TestStory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to make a network namespace")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("needs ip:", err)
	}
	name := fmt.Sprintf("vethtrace-sysctl-%d", os.Getpid())
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	run("ip", "netns", "add", name)
	t.Cleanup(func() { run("ip", "netns", "del", name) })
	inside := func(script string) string {
		return run("ip", "netns", "exec", name, "sh", "-c", script)
	}
	inside("echo 601 >/proc/sys/net/ipv4/tcp_keepalive_time; ip link add v0 type veth peer name v1")
	host, err := tracer.FindNetns("host")
	if err != nil {
		t.Fatal(err)
	}
	ns, err := tracer.FindNetns(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(host, &ns)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]Key{}
	for _, k := range c.Keys {
		keys[k.Name] = k
	}
	for _, name := range []string{"tcp_keepalive_time", "tcp_keepalive_intvl", "tcp_congestion_control", "tcp_rmem", "ip_forward", "conf/v0/rp_filter"} {
		k := keys["net.ipv4."+dotted(name)]
		want := strings.Join(strings.Fields(inside("cat /proc/sys/net/ipv4/"+name)), " ")
		if k.Value == nil || *k.Value != want {
			t.Errorf("%s: got %v, want %q", name, k.Value, want)
		}
	}
	k := keys["net.ipv4.tcp_keepalive_time"]
	if k.Verdict != Reset || !k.Changed || k.New == nil || *k.New != "7200" || k.KubernetesSafe() != "1.29" {
		t.Errorf("got %+v, want it to be set since", k)
	}
	if k := keys["net.ipv4.tcp_keepalive_intvl"]; k.Verdict != Reset || k.Changed {
		t.Errorf("got %+v", k)
	}
	if k := keys["net.ipv4.tcp_congestion_control"]; k.Verdict != Inherited || k.Host == nil || *k.Host != *k.New {
		t.Errorf("got %+v", k)
	}
	if k := keys["net.core.netdev_max_backlog"]; k.Verdict != HostOnly || k.Value != nil || k.Settable() {
		t.Errorf("got %+v", k)
	}
	if k := keys["net.ipv4.conf.v0.rp_filter"]; k.Verdict != OfDevice || k.Host != nil || k.Differs() {
		t.Errorf("got %+v", k)
	}
	if c.ReadOnly != 0 {
		t.Errorf("process %d sees it read-only", c.ReadOnly)
	}
	if found, err := c.Select("tcp_keepalive*"); err != nil || len(found) != 3 {
		t.Errorf("got %v, %v", found, err)
	}
	if _, err := c.Select("nosuchkey"); err == nil {
		t.Error("no error for a key that is not there")
	}
}

// A container's /proc/sys is mounted read-only.
func TestReadOnlyIsFound(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to make a mount namespace")
	}
	cmd := exec.Command("unshare", "--net", "--mount", "sh", "-c", "mount --bind /proc/sys /proc/sys && mount -o remount,ro,bind /proc/sys && echo ready && read x")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("needs unshare:", err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	ns, err := tracer.FindNetns(fmt.Sprint(cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if got := readOnlyIn(ns.Inode); got != cmd.Process.Pid {
		t.Errorf("got process %d, want %d", got, cmd.Process.Pid)
	}
}
