// SPDX-License-Identifier: Apache-2.0

package inventory

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// wantContainer checks that a container is found, by each of its names, in the
// namespace of its process.
func wantContainer(t *testing.T, inv *Inventory, pid string, want Container) *Namespace {
	t.Helper()
	inode := inodeOf(t, "/proc/"+pid+"/ns/net")
	n := namespaceOf(t, inv, inode)
	if n.Container != want || n.Name != want.Label() || len(n.Containers) != 1 || n.Containers[0] != want {
		t.Errorf("got %+v as %q, with %+v\nwant %+v", n.Container, n.Name, n.Containers, want)
	}
	for _, s := range []string{want.Label(), want.Name, want.ID, want.ShortID()} {
		if found := Find(s); len(found) != 1 || found[0].Inode != inode {
			t.Errorf("by %q got %+v, want %d", s, found, inode)
		}
	}
	for _, cheap := range List() {
		if cheap.Inode == inode && cheap.Name != n.Name {
			t.Errorf("in the list it is called %q, want %q", cheap.Name, n.Name)
		}
	}
	return n
}

// A container that runc runs: cgroup /NAME, or what the machine makes of it.
func TestRunc(t *testing.T) {
	need(t, "runc")
	root, name := sleeper(t), uniqueName("runc")
	bundle := filepath.Dir(root)
	if out, err := exec.Command("runc", "spec", "--bundle", bundle).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	config := filepath.Join(bundle, "config.json")
	spec, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	edited := strings.NewReplacer(`"terminal": true`, `"terminal": false`, `"sh"`, `"/sleep"`, `"path": "rootfs"`, `"path": "root"`).Replace(string(spec))
	if err := os.WriteFile(config, []byte(edited), 0o644); err != nil {
		t.Fatal(err)
	}
	told := stage(t, `cd "$1"; runc run -d "$2" </dev/null >/dev/null 2>log || { cat log >&2; exit 1; }
		runc state "$2" | sed -n 's/.*"pid": \([0-9]*\).*/\1/p'; eval "$WAIT"; runc delete --force "$2"`, bundle, name)
	wantContainer(t, Read(), told[0], Container{Runtime: "runc", ID: name, Name: name})
}

// A container that Podman runs on a bridge of its own, with its files in an
// unusual place. All of it is in a network namespace of the test's: the bridge
// too.
func TestPodman(t *testing.T) {
	need(t, "podman", "runc", "conmon", "unshare", "ip")
	name := uniqueName("podman")
	// Inherited limits are too high for a process without CAP_SYS_RESOURCE.
	told := stage(t, `exec unshare --net --mount --propagation private sh -eu -c '
		cd "$1"
		podman() { command podman --root "$PWD/lib" --runroot "$PWD/run" --tmpdir "$PWD/tmp" --cgroup-manager cgroupfs --runtime runc "$@"; }
		end() { podman rm --force --all --time 0 >/dev/null 2>&1 || :; umount -R "$PWD/lib/overlay" 2>/dev/null || :
			rmdir /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent/conmon /sys/fs/cgroup/*/libpod_parent 2>/dev/null || :; }
		trap end EXIT
		ip link set lo up
		podman run --detach --name "$2" --ulimit nofile=1000:1000 --ulimit nproc=1000:1000 --rootfs "$1/root" /sleep >log 2>&1 || { cat log >&2; exit 1; }
		echo $(podman inspect --format "{{.State.Pid}} {{.Id}}" "$2") $$
		eval "$WAIT"' sh "$1" "$2"`, filepath.Dir(sleeper(t)), name)
	inv := Read()
	n := wantContainer(t, inv, told[0], Container{Runtime: "podman", ID: told[1], Name: name})
	outer := namespaceOf(t, inv, inodeOf(t, "/proc/"+told[2]+"/ns/net"))
	d := device(t, n, "eth0")
	if d.Peer == nil || d.Peer.Netns != outer.Inode || d.Peer.Bridge == "" || len(d.Addresses) == 0 {
		t.Fatalf("got %+v with peer %+v, want one in a bridge in namespace %d", d, d.Peer, outer.Inode)
	}
	back := device(t, outer, d.Peer.Ifname)
	if back.Peer == nil || back.Peer.Netns != n.Inode || back.Peer.NetnsName != name || back.Peer.Ifindex != d.Ifindex || back.Master != d.Peer.Bridge {
		t.Errorf("got %+v with peer %+v, want eth0 of %s", back, back.Peer, name)
	}
}

// Containers that containerd runs, one of them as in a pod: cgroup
// /NAMESPACE/ID.
func TestContainerd(t *testing.T) {
	need(t, "containerd", "ctr", "runc")
	name, id := uniqueName("ctr"), strings.Repeat("c0ffee42", 8)
	told := stage(t, `cd "$1"; S="$1/s"
		ctr() { command ctr --address "$S" --namespace "$NS" "$@"; }
		NS="$2"; [ -d /run/containerd ] || FRESH=1
		printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' >conf
		containerd --config conf --root "$1/lib" --state "$1/state" --address "$S" >log 2>&1 & D=$!
		end() { for C in "$2" "$3"; do ctr task kill --signal 9 $C; ctr task delete --force $C; ctr container delete $C; done >/dev/null 2>&1 || :
			kill $D; wait $D || :; rmdir /sys/fs/cgroup/$NS /sys/fs/cgroup/*/$NS 2>/dev/null || :
			rmdir /run/containerd/runc/$NS 2>/dev/null || :
			[ -z "${FRESH-}" ] || rmdir /run/containerd/* /run/containerd || :; }
		trap 'end "$@"' EXIT
		until ctr version >/dev/null 2>&1; do kill -0 $D || { cat log >&2; exit 1; }; sleep 0.05; done
		ctr run --detach --rootfs "$1/root" "$2" /sleep </dev/null >>log 2>&1 || { cat log >&2; exit 1; }
		ctr run --detach --annotation io.kubernetes.cri.sandbox-name=web-0 --annotation io.kubernetes.cri.sandbox-namespace=$NS \
			--annotation io.kubernetes.cri.container-name=nginx --rootfs "$1/root" "$3" /sleep </dev/null >>log 2>&1
		echo $(ctr task list | awk -v a="$2" -v b="$3" '$1 == a {p = $2} $1 == b {q = $2} END {print p, q}')
		eval "$WAIT"`, filepath.Dir(sleeper(t)), name, id)
	inv := Read()
	wantContainer(t, inv, told[0], Container{Runtime: "containerd", ID: name, Name: name})
	n := wantContainer(t, inv, told[1], Container{Runtime: "containerd", ID: id, Name: "nginx", Pod: Pod{Namespace: name, Name: "web-0"}})
	if n.Name != name+"/web-0" {
		t.Errorf("called %q, want the pod's name", n.Name)
	}
}
