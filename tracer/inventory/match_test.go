// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// twoPods is a machine with two pods that have a container of the same name, a
// container of Docker with a namespace made from within, one on the host's
// network, and two units.
func twoPods() fstest.MapFS {
	idC := strings.Repeat("c0", 32)
	idD := strings.Repeat("d0", 32)
	m := files(
		task+"k8s.io/"+idA+"/config.json", criPod+`,"io.kubernetes.cri.container-name":"nginx"}}`,
		task+"k8s.io/"+idB+"/config.json", strings.ReplaceAll(criPod, "shop", "test")+`,"io.kubernetes.cri.container-name":"nginx"}}`,
		"var/lib/docker/containers/"+idC+"/config.v2.json", `{"Name":"/builder"}`,
		"var/lib/docker/containers/"+idD+"/config.v2.json", `{"Name":"/proxy"}`,
	)
	process(m, 1, 0, "systemd", "100", "/init.scope")
	process(m, 2, 1, "sshd", "100", "/system.slice/ssh.service")
	process(m, 3, 1, "foo", "110", "/system.slice/foo.service")
	process(m, 4, 1, "proxy", "100", "/docker/"+idD)
	process(m, 10, 1, "nginx", "200", "/kubepods/poda/cri-containerd-"+idA+".scope")
	process(m, 20, 1, "nginx", "300", "/kubepods/podb/cri-containerd-"+idB+".scope")
	process(m, 30, 1, "make", "400", "/docker/"+idC)
	process(m, 31, 30, "unshare", "500", "/docker/"+idC)
	return m
}

func TestMatch(t *testing.T) {
	for s, want := range map[string][]uint32{
		Host:          {100},
		"200":         {200},
		"shop/web-0":  {200},
		"test/web-0":  {300},
		"web-0":       {200, 300},
		"nginx":       {200, 300},
		uid:           {200, 300},
		idA:           {200},
		idA[:4]:       {200},
		idA[:3]:       nil,
		idB[:12]:      {300},
		"builder":     {400},
		"proxy":       {100},
		"foo.service": {110},
		"ssh.service": {100},
		"":            nil,
		"nowhere":     nil,
	} {
		var got []uint32
		for _, m := range newMachine(twoPods()).match(s) {
			got = append(got, m.Inode)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", s, got, want)
		}
	}
}

func TestMatchSaysWhat(t *testing.T) {
	for s, want := range map[string]string{
		"nginx":       "container nginx of pod shop/web-0 (containerd)",
		"shop/web-0":  "container nginx of pod shop/web-0 (containerd)",
		"builder":     "container builder (docker)",
		"foo.service": "unit foo.service",
		"ssh.service": "unit ssh.service",
		Host:          "/proc/1/ns/net",
	} {
		got := newMachine(twoPods()).match(s)
		if len(got) == 0 || got[0].What != want {
			t.Errorf("%q: got %+v, want %q", s, got, want)
		}
	}
}
