// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

// process adds one to a file system that is all of a machine.
func process(m fstest.MapFS, pid, parent int, comm, netns, cgroup string) {
	file := func(name, content string, mode fs.FileMode) {
		m[proc(pid, name)] = &fstest.MapFile{Data: []byte(content), Mode: mode}
	}
	file("stat", fmt.Sprintf("%d (a ) %s) S %d 1 1", pid, comm, parent), 0)
	file("comm", comm+"\n", 0)
	file("cgroup", "0::"+cgroup+"\n", 0)
	file("ns/net", "net:["+netns+"]", fs.ModeSymlink)
}

func TestMadeFor(t *testing.T) {
	m := make(fstest.MapFS)
	process(m, 1, 0, "systemd", "100", "/init.scope")
	process(m, 20, 1, "containerd-shim", "100", "/system.slice/containerd.service")
	process(m, 30, 20, "init", "200", "/docker/"+idA)
	process(m, 25, 30, "early", "200", "/docker/"+idA) // after a wrap of PIDs
	process(m, 40, 30, "unshare", "300", "/docker/"+idA)
	process(m, 50, 1, "foo", "400", "/system.slice/foo.service")
	process(m, 60, 1, "sshd", "100", "/system.slice/ssh.service")
	process(m, 61, 60, "unshare", "500", "/system.slice/ssh.service")
	process(m, 70, 1, "sleep", "600", "/")
	docker, foo := Container{Runtime: "docker", ID: idA}, Container{Unit: "foo.service"}
	for inode, want := range map[uint32]struct {
		first int
		of    Container
	}{
		200: {25, docker},
		300: {40, Container{}}, // made from within the container
		400: {50, foo},
		500: {61, Container{}}, // made from within a service
		600: {70, Container{}},
	} {
		if got := newMachine(m).madeFor(inode, want.first); got != want.of {
			t.Errorf("%d: got %+v, want %+v", inode, got, want.of)
		}
	}
}

func TestName(t *testing.T) {
	m := make(fstest.MapFS)
	process(m, 30, 0, "init", "200", "/docker/"+idA)
	const invented = "/run/netns/cni-" + uid
	for _, tt := range []struct {
		mounts []string
		first  int
		want   string
	}{
		{nil, 0, ""},
		{nil, 30, idA[:12]},
		{[]string{"/run/netns/blue"}, 30, "blue"},
		{[]string{invented, "/run/netns/blue"}, 30, "blue"},
		{[]string{invented}, 30, idA[:12]},
		{[]string{invented}, 0, "cni-" + uid},
		{[]string{"/run/docker/netns/ingress_sbox"}, 0, "ingress_sbox"},
		{[]string{"/run/docker/netns/1a2b3c4d5e6f"}, 30, idA[:12]},
		{[]string{"/tmp/elsewhere"}, 0, ""},
	} {
		n := Netns{Inode: 200, Mounts: tt.mounts}
		if newMachine(m).name(&n, tt.first); n.Name != tt.want {
			t.Errorf("%q, process %d: called %q, want %q", tt.mounts, tt.first, n.Name, tt.want)
		}
	}
	host := Netns{Inode: 200, Name: Host, Mounts: []string{"/run/docker/netns/default"}}
	if newMachine(m).name(&host, 30); host.Name != Host {
		t.Errorf("called %q, want %q", host.Name, Host)
	}
}

// The process beside a container knows what the usual places do not.
func TestMonitor(t *testing.T) {
	conmon := strings.Join([]string{"/usr/bin/conmon", "-c", idA, "-b", "/x/userdata", "-n", "web", ""}, "\x00")
	shim := strings.Join([]string{"/usr/bin/containerd-shim-runc-v2", "-namespace", "k8s.io", "-id", idB, ""}, "\x00")
	for name, tt := range map[string]struct {
		comm, cmdline, cgroup string
		files                 fstest.MapFS
		want                  Container
	}{
		"conmon": {"conmon", conmon, "/libpod_parent/libpod-" + idA, files(),
			Container{Runtime: "podman", ID: idA, Name: "web"}},
		"conmon of another": {"conmon", conmon, "/libpod_parent/libpod-" + idB, files(),
			Container{Runtime: "podman", ID: idB}},
		"conmon of a pod": {"conmon", conmon, "/kubepods/pod" + uid + "/crio-" + idA,
			files("proc/20/root/x/userdata/config.json", crioPod+`,"io.kubernetes.container.name":"nginx"}}`),
			Container{Runtime: "cri-o", ID: idA, Name: "nginx", Pod: Pod{"shop", "web-0", uid}}},
		"shim, in a directory of its own": {"containerd-shim", shim, "/kubepods/pod" + uid + "/" + idA,
			files("proc/20/root/odd/k8s.io/"+idA+"/config.json", criPod+`,"io.kubernetes.cri.container-name":"nginx"}}`),
			Container{Runtime: "containerd", ID: idA, Name: "nginx", Pod: Pod{"shop", "web-0", uid}}},
		"shim, ID of the user's": {"containerd-shim", shim, "/k8s.io/box",
			files("proc/20/root/odd/k8s.io/box/config.json", `{}`),
			Container{Runtime: "containerd", ID: "box", Name: "box"}},
		"docker in docker": {"containerd-shim", strings.ReplaceAll(shim, "k8s.io", "moby"), "/docker/" + idB + "/docker/" + idA,
			files("proc/20/root/var/lib/docker/containers/"+idA+"/config.v2.json", `{"Name":"/inner"}`),
			Container{Runtime: "docker", ID: idA, Name: "inner"}},
		"no monitor": {"bash", shim, "/docker/" + idA, files(), Container{Runtime: "docker", ID: idA}},
	} {
		t.Run(name, func(t *testing.T) {
			m := tt.files
			process(m, 20, 1, tt.comm, "100", "/")
			process(m, 30, 20, "init", "200", tt.cgroup)
			m["proc/20/cmdline"] = &fstest.MapFile{Data: []byte(tt.cmdline)}
			m["proc/20/cwd"] = &fstest.MapFile{Data: []byte("/odd/k8s.io/" + idB), Mode: fs.ModeSymlink}
			if got := newMachine(m).container(30); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestMountsIn(t *testing.T) {
	const mountinfo = `22 43 0:4 net:[4026532178] /run/netns/a\040b rw shared:2 - nsfs nsfs rw
23 43 0:4 net:[4026532179] /run/netns/c rw - nsfs nsfs rw
24 43 0:4 mnt:[4026532180] /run/snapd/ns/x.mnt rw - nsfs nsfs rw
25 43 0:5 / /net:[1] rw shared:1 master:2 - tmpfs tmpfs rw
26 43 0:5 net:[7] /x rw - ext4 /dev/x rw
27 43

`
	got := mountsIn([]byte(mountinfo))
	want := []mount{{4026532178, "/run/netns/a b"}, {4026532179, "/run/netns/c"}}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
	for in, want := range map[string]string{`a\040b\134`: `a b\`, `\0`: `\0`, `a\999`: `a\999`, "": ""} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
}
