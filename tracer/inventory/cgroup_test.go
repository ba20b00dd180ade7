// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"strings"
	"testing"
	"testing/fstest"
)

const (
	idA    = "3f2a1b4c5d6e7f80913f2a1b4c5d6e7f80913f2a1b4c5d6e7f80913f2a1b4c5d"
	idB    = "b00b1b4c5d6e7f80913f2a1b4c5d6e7f80913f2a1b4c5d6e7f80913f2a1b4c5d"
	uid    = "0d8c4b6e-7f2a-4c55-9d0e-6b1f0a2c3d4e"
	uidBar = "0d8c4b6e_7f2a_4c55_9d0e_6b1f0a2c3d4e"
)

// What the cgroup path alone tells, for each runtime and both of its drivers.
func TestIdentifyByCgroup(t *testing.T) {
	pod := Pod{UID: uid}
	for name, tt := range map[string]struct {
		cgroup string
		want   Container
	}{
		"docker by systemd":      {"0::/system.slice/docker-" + idA + ".scope\n", Container{Runtime: "docker", ID: idA}},
		"docker by cgroupfs":     {"0::/docker/" + idA + "\n", Container{Runtime: "docker", ID: idA}},
		"docker on cgroup v1":    {"12:pids:/docker/" + idA + "\n1:name=systemd:/docker/" + idA + "\n0::/system.slice/containerd.service\n", Container{Runtime: "docker", ID: idA}},
		"docker, own parent":     {"0::/batch/" + idA + "\n", Container{ID: idA}},
		"systemd in docker":      {"0::/system.slice/docker-" + idA + ".scope/system.slice/ssh.service\n", Container{Runtime: "docker", ID: idA}},
		"kind":                   {"0::/docker/" + idB + "/kubelet/kubepods/burstable/pod" + uid + "/" + idA + "\n", Container{ID: idA, Pod: pod}},
		"containerd by systemd":  {"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + uidBar + ".slice/cri-containerd-" + idA + ".scope\n", Container{Runtime: "containerd", ID: idA, Pod: pod}},
		"containerd by cgroupfs": {"0::/kubepods/besteffort/pod" + uid + "/" + idA + "\n", Container{ID: idA, Pod: pod}},
		"containerd, confused":   {"0::/system.slice/containerd.service/kubepods-pod" + uidBar + ".slice:cri-containerd:" + idA + "\n", Container{Runtime: "containerd", ID: idA, Pod: pod}},
		"nerdctl":                {"0::/system.slice/nerdctl-" + idA + ".scope\n", Container{Runtime: "containerd", ID: idA}},
		"cri-o by systemd":       {"0::/kubepods.slice/kubepods-pod" + uidBar + ".slice/crio-" + idA + ".scope/container\n", Container{Runtime: "cri-o", ID: idA, Pod: pod}},
		"cri-o by cgroupfs":      {"0::/kubepods/pod" + uid + "/crio-" + idA + "\n", Container{Runtime: "cri-o", ID: idA, Pod: pod}},
		"cri-o's conmon":         {"0::/kubepods.slice/kubepods-pod" + uidBar + ".slice/crio-conmon-" + idA + ".scope\n", Container{}},
		"static pod":             {"0::/kubepods.slice/kubepods-pod" + strings.ReplaceAll(uid, "-", "") + ".slice/crio-" + idA + ".scope\n", Container{Runtime: "cri-o", ID: idA, Pod: Pod{UID: strings.ReplaceAll(uid, "-", "")}}},
		"pod without container":  {"0::/kubepods/pod" + uid + "/elsewhere\n", Container{Pod: pod}},
		"podman by systemd":      {"0::/machine.slice/libpod-" + idA + ".scope/container\n", Container{Runtime: "podman", ID: idA}},
		"podman by cgroupfs":     {"0::/libpod_parent/libpod-" + idA + "\n", Container{Runtime: "podman", ID: idA}},
		"podman's conmon":        {"0::/machine.slice/libpod-conmon-" + idA + ".scope\n", Container{}},
		"rootless podman":        {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + idA + ".scope\n", Container{Runtime: "podman", ID: idA}},
		"runc by systemd":        {"0::/system.slice/runc-box.scope\n", Container{Runtime: "runc", ID: "box", Name: "box"}},
		"crun by systemd":        {"0::/system.slice/crun-box.scope\n", Container{Runtime: "crun", ID: "box", Name: "box"}},
		"lxc":                    {"0::/lxc.payload.web-1/system.slice/ssh.service\n", Container{Runtime: "lxc", ID: "web-1", Name: "web-1"}},
		"lxc with directories":   {"0::/lxc.payload/web-1\n", Container{Runtime: "lxc", ID: "web-1", Name: "web-1"}},
		"old lxc":                {"5:memory:/lxc/web-1\n0::/\n", Container{Runtime: "lxc", ID: "web-1", Name: "web-1"}},
		"lxc's monitor":          {"0::/lxc.monitor.web-1\n", Container{}},
		"unit":                   {"0::/system.slice/foo.service\n", Container{Unit: "foo.service"}},
		"unit of a user":         {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/bar.service\n", Container{Unit: "bar.service"}},
		"nspawn":                 {"0::/machine.slice/systemd-nspawn@deb.service/payload/system.slice/ssh.service\n", Container{Unit: "systemd-nspawn@deb.service"}},
		"unit below init.scope":  {"0::/machine.slice/machine-deb.scope/init.scope\n", Container{Unit: "machine-deb.scope"}},
		"login session":          {"0::/user.slice/user-0.slice/session-3.scope\n", Container{}},
		"process 1":              {"0::/init.scope\n", Container{}},
		"kernel thread":          {"0::/\n", Container{}},
		"outside of our cgroup":  {"0::/../../docker-" + idA + ".scope\n", Container{Runtime: "docker", ID: idA}},
		"nothing":                {"", Container{}},
		"garbage":                {"a\n:\n::\n0::x\n0::/" + idA[:63] + "\n", Container{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Identify(fstest.MapFS{}, tt.cgroup); got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
}
