// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const noRootEnv = "VETHTRACE_TEST_NO_ROOT"

// startWithoutRights is what the child process of TestNoRoot does.
func startWithoutRights() int {
	tr, err := Start(Options{})
	if err == nil {
		tr.Close()
		fmt.Println("started")
		return 1
	}
	fmt.Printf("%t\n%v\n", errors.Is(err, os.ErrPermission), err)
	return 0
}

func TestNoRoot(t *testing.T) {
	needRoot(t)
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	// By descriptor: nobody may not enter the directory of the test binary.
	cmd := exec.Command("/proc/self/fd/3")
	cmd.ExtraFiles = []*os.File{self}
	cmd.Env = append(os.Environ(), noRootEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	isPermission, message, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if isPermission != "true" {
		t.Errorf("the error does not wrap os.ErrPermission: %q", out)
	}
	want := "tracing needs root, or CAP_BPF and CAP_PERFMON (`vethtrace check` names what is missing): permission denied"
	if message != want {
		t.Errorf("got  %q\nwant %q", message, want)
	}
}
