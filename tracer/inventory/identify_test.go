// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"testing"
	"testing/fstest"
)

// files makes a file system of names and contents.
func files(pairs ...string) fstest.MapFS {
	fs := make(fstest.MapFS)
	for i := 0; i < len(pairs); i += 2 {
		fs[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return fs
}

const (
	task   = "run/containerd/io.containerd.runtime.v2.task/"
	criPod = `{"annotations":{"io.kubernetes.cri.sandbox-name":"web-0","io.kubernetes.cri.sandbox-namespace":"shop","io.kubernetes.cri.sandbox-uid":"` + uid + `"`
	// What the kubelet has CRI-O write.
	crioPod = `{"annotations":{"io.container.manager":"cri-o","io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"` + uid + `"`
	kubelet = `{"Name":"/k8s_x","Config":{"Labels":{"io.kubernetes.pod.name":"web-0","io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"` + uid + `"`
)

// What the runtimes' files add to the cgroup path.
func TestIdentifyByFiles(t *testing.T) {
	pod := Pod{Namespace: "shop", Name: "web-0", UID: uid}
	slice := "0::/kubepods.slice/kubepods-pod" + uidBar + ".slice/"
	cgroupfs := "0::/kubepods/pod" + uid + "/" + idA
	for name, tt := range map[string]struct {
		cgroup string
		files  fstest.MapFS
		want   Container
		label  string
	}{
		"docker": {"0::/docker/" + idA,
			files("var/lib/docker/containers/"+idA+"/config.v2.json", `{"ID":"`+idA+`","Name":"/web","Config":{"Labels":null}}`),
			Container{Runtime: "docker", ID: idA, Name: "web"}, "web"},
		"docker elsewhere": {"0::/system.slice/docker-" + idA + ".scope",
			files("etc/docker/daemon.json", `{"data-root":"/data/docker/"}`, "data/docker/containers/"+idA+"/config.v2.json", `{"Name":"/web"}`),
			Container{Runtime: "docker", ID: idA, Name: "web"}, "web"},
		"docker, only its bundle": {"0::/batch/" + idA,
			files(task+"moby/"+idA+"/config.json", `{}`),
			Container{Runtime: "docker", ID: idA}, idA[:12]},
		"docker under Kubernetes": {cgroupfs,
			files("var/lib/docker/containers/"+idA+"/config.v2.json", kubelet+`,"io.kubernetes.container.name":"nginx"}}}`),
			Container{Runtime: "docker", ID: idA, Name: "nginx", Pod: pod}, "shop/web-0"},
		"docker's sandbox": {cgroupfs,
			files("var/lib/docker/containers/"+idA+"/config.v2.json", kubelet+`,"io.kubernetes.container.name":"POD"}}}`),
			Container{Runtime: "docker", ID: idA, Pod: pod}, "shop/web-0"},
		"containerd": {slice + "cri-containerd-" + idA + ".scope",
			files(task+"k8s.io/"+idA+"/config.json", criPod+`,"io.kubernetes.cri.container-name":"nginx"}}`),
			Container{Runtime: "containerd", ID: idA, Name: "nginx", Pod: pod}, "shop/web-0"},
		"containerd's sandbox by cgroupfs": {cgroupfs,
			files(task+"k8s.io/"+idA+"/config.json", criPod+`,"io.kubernetes.cri.container-type":"sandbox"}}`),
			Container{Runtime: "containerd", ID: idA, Pod: pod}, "shop/web-0"},
		"k3s": {slice + "cri-containerd-" + idA + ".scope",
			files("run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/"+idA+"/config.json", criPod+`}}`),
			Container{Runtime: "containerd", ID: idA, Pod: pod}, "shop/web-0"},
		"ctr": {"0::/default/box/inner",
			files(task+"default/box/config.json", `{"annotations":null}`),
			Container{Runtime: "containerd", ID: "box", Name: "box"}, "box"},
		"nerdctl": {"0::/default/" + idA,
			files(task+"default/"+idA+"/config.json", `{"annotations":{"nerdctl/name":"web"}}`),
			Container{Runtime: "containerd", ID: idA, Name: "web"}, "web"},
		"cri-o": {slice + "crio-" + idA + ".scope",
			files("run/containers/storage/overlay-containers/"+idA+"/userdata/config.json", crioPod+`,"io.kubernetes.container.name":"nginx"}}`,
				"var/lib/containers/storage/overlay-containers/containers.json", `[{"id":"`+idA+`","names":["k8s_nginx_web-0_shop"]}]`),
			Container{Runtime: "cri-o", ID: idA, Name: "nginx", Pod: pod}, "shop/web-0"},
		"cri-o by cgroupfs": {cgroupfs,
			files("run/containers/storage/overlay-containers/"+idA+"/userdata/config.json", crioPod+`,"io.kubernetes.container.name":"POD"}}`),
			Container{Runtime: "cri-o", ID: idA, Pod: pod}, "shop/web-0"},
		"podman": {"0::/machine.slice/libpod-" + idA + ".scope",
			files("var/lib/containers/storage/overlay-containers/"+idA+"/userdata/config.json", `{"annotations":{"io.container.manager":"libpod"}}`,
				"var/lib/containers/storage/overlay-containers/containers.json", `[{"id":"`+idB+`","names":["db"]},{"id":"`+idA+`","names":["web"]}]`),
			Container{Runtime: "podman", ID: idA, Name: "web"}, "web"},
		"podman in another place": {"0::/machine.slice/libpod-" + idA + ".scope",
			files("etc/containers/storage.conf", "[storage]\ngraphroot = \"/data/c\"\n", "data/c/overlay-containers/volatile-containers.json", `[{"id":"`+idA+`","names":["web"]}]`),
			Container{Runtime: "podman", ID: idA, Name: "web"}, "web"},
		"rootless podman": {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + idA + ".scope",
			files("etc/passwd", "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
				"home/ann/.local/share/containers/storage/overlay-containers/containers.json", `[{"id":"`+idA+`","names":["web"]}]`),
			Container{Runtime: "podman", ID: idA, Name: "web"}, "web"},
		"runc": {"4:memory:/a/b/box\n0::/box\n",
			files("run/runc/box/state.json", `{"id":"box","cgroup_paths":{"memory":"/sys/fs/cgroup/memory/a/b/box"},"config":{"labels":["bundle=/b"]}}`),
			Container{Runtime: "runc", ID: "box", Name: "box"}, "box"},
		"runc of another cgroup": {"0::/other/box",
			files("run/runc/box/state.json", `{"id":"box","cgroup_paths":{"":"/sys/fs/cgroup/box"}}`),
			Container{}, ""},
		"crun": {"0::/user.slice/box/container",
			files("run/crun/box/status", `{"pid":7,"cgroup-path":"/user.slice/box","bundle":"/b"}`,
				"b/config.json", `{"annotations":{"nerdctl/name":"x"}}`),
			Container{Runtime: "crun", ID: "box", Name: "box"}, "box"},
		"unreadable": {"0::/docker/" + idA,
			files("var/lib/docker/containers/"+idA+"/config.v2.json", `{`, "etc/docker/daemon.json", `x`),
			Container{Runtime: "docker", ID: idA}, idA[:12]},
	} {
		t.Run(name, func(t *testing.T) {
			got := Identify(tt.files, tt.cgroup)
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if got.Label() != tt.label {
				t.Errorf("called %q, want %q", got.Label(), tt.label)
			}
		})
	}
}
