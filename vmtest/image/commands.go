// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// commands are what tests call. bpftrace is not here: its libraries are three
// times as large as all the rest, and only benchmarks use it.
var commands = strings.Fields(`
	sh bash ls cat echo true false sleep kill mount umount unshare nsenter setpriv env id head tail grep sed
	mkdir rm ln readlink touch seq timeout uname stat dd sysctl
	ip tc bridge ss nstat ping ethtool tcpdump bpftool nft iptables conntrack iperf3 nc socat
	tmux jq strace
`)

// configs are files those commands look into.
var configs = strings.Fields(`
	/etc/protocols /etc/services /etc/ethertypes /etc/iproute2
	/usr/share/iproute2 /lib/terminfo /usr/lib/locale/C.utf8
`)

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n" +
		"tcpdump:x:100:100::/nonexistent:/bin/false\n"
	group    = "root:x:0:\nnogroup:x:65534:\ntcpdump:x:100:\n"
	hosts    = "127.0.0.1 localhost\n::1 localhost\n"
	nsswitch = "passwd: files\ngroup: files\nhosts: files\nprotocols: files\nservices: files\n"
)

// addCommands adds the commands where this machine has them.
func addCommands(a *Archive) error {
	for _, name := range commands {
		path, err := exec.LookPath(name)
		if err != nil {
			continue // the tests that need it say so
		}
		if err := addProgram(a, path); err != nil {
			return fmt.Errorf("adding command %s: %w", name, err)
		}
	}
	for _, path := range configs {
		if err := addTree(a, path, nil); err != nil {
			return fmt.Errorf("adding %s: %w", path, err)
		}
	}
	a.File("/etc/passwd", 0o644, []byte(passwd))
	a.File("/etc/group", 0o644, []byte(group))
	a.File("/etc/hosts", 0o644, []byte(hosts))
	a.File("/etc/nsswitch.conf", 0o644, []byte(nsswitch))
	return nil
}

// addProgram adds a program under /bin or /sbin, with its libraries.
func addProgram(a *Archive, path string) error {
	if err := a.Copy(filepath.Join("/bin", filepath.Base(path)), path); err != nil {
		return err
	}
	// ldd fails for a static program, which needs none.
	out, err := exec.Command("ldd", path).Output()
	if err != nil {
		return nil
	}
	for _, library := range libraries(string(out)) {
		if err := a.Copy(library, library); err != nil {
			return err
		}
	}
	return nil
}

var library = regexp.MustCompile(`(?m)^\s*(?:\S+ => )?(/\S+) \(0x`)

// libraries are the paths in the output of ldd.
func libraries(ldd string) (paths []string) {
	for _, match := range library.FindAllStringSubmatch(ldd, -1) {
		paths = append(paths, match[1])
	}
	return paths
}

// addTree adds a file or directory of this machine, if there is one; keep may
// leave out some.
func addTree(a *Archive, root string, keep func(path string, info os.FileInfo) bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if _, err := os.Stat(root); err != nil {
		return nil
	}
	return filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		switch {
		case err != nil:
			return err
		case keep != nil && !keep(path, info):
			if info.IsDir() {
				return filepath.SkipDir
			}
		case info.IsDir():
			a.Dir(path, uint32(info.Mode().Perm()))
		case info.Mode()&os.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			a.Link(path, target)
		case info.Mode().IsRegular():
			return a.Copy(path, path)
		}
		return nil
	})
}
