// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const ownRunEnv = "VETHTRACE_LAB_OWN_RUN"

// inOwnRun starts the calling test again as a process with a mount namespace
// and an empty /run of its own, where no other process's namespaces are, and
// returns true in there. Outside the caller has nothing more to do.
func inOwnRun(t *testing.T) bool {
	t.Helper()
	if os.Getenv(ownRunEnv) != "" {
		return true
	}
	needRoot(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-ec", `mount -t tmpfs tmpfs /run; exec "$@"`, "sh",
		self, "-test.v", "-test.count=1", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), ownRunEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return false
}

// wantEmptyRun is for a test in its own /run, where no lab is. A directory that
// is still a mount point could not have been removed.
func wantEmptyRun(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir("/run")
	if err != nil || len(entries) != 0 {
		t.Errorf("/run is not empty: %v, %v", entries, err)
	}
}
