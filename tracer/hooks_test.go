// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/gen"
)

// Every program of the object belongs to a hook, and every hook has its programs.
func TestHooksHavePrograms(t *testing.T) {
	spec, err := gen.LoadVethtrace()
	if err != nil {
		t.Fatal(err)
	}
	wanted := make(map[string]bool)
	for i := range hooks {
		h := &hooks[i]
		if h.tracepoint != "" {
			wanted[choice{hook: h, means: ModeTracepoint}.program()] = true
		}
		if h.function != "" {
			wanted[choice{hook: h, means: ModeFentry}.program()] = true
			wanted[choice{hook: h, means: ModeKprobe}.program()] = true
		}
	}
	got := make(map[string]bool)
	for name, p := range spec.Programs {
		got[name] = true
		for _, h := range hooks {
			if strings.HasPrefix(name, h.name+"_") && p.AttachTo != h.function {
				t.Errorf("program %s is for %s, want %s", name, p.AttachTo, h.function)
			}
			if name == h.name && p.AttachTo != h.tracepoint {
				t.Errorf("program %s is for %s, want %s", name, p.AttachTo, h.tracepoint)
			}
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("programs (-want +got):\n%s", diff)
	}
}

func TestChooseMode(t *testing.T) {
	noVeth := map[string]refusedFunction{"veth_xmit": {ModeFentry, symbol{exact: 1}, errNoFunction}}
	noEnqueue := map[string]refusedFunction{"enqueue_to_backlog": {ModeFentry, symbol{exact: 1}, errForbidden}}
	for _, tt := range []struct {
		name    string
		refused map[string]refusedFunction
		want    Mode
		kinds   []Kind
		strict  bool
		mode    Mode
		xmit    string
		err     string
	}{
		{name: "auto", mode: ModeFentry, xmit: "fentry veth_xmit"},
		{name: "tracepoint", want: ModeTracepoint, mode: ModeTracepoint, xmit: "tracepoint net_dev_start_xmit"},
		{name: "kprobe", want: ModeKprobe, mode: ModeKprobe, xmit: "kprobe veth_xmit"},
		{name: "a hook falls back", refused: noVeth, mode: ModeFentry, xmit: "tracepoint net_dev_start_xmit"},
		{name: "strict", refused: noVeth, strict: true,
			err: "--strict: hook xmit: veth_xmit has no type information: it is in module veth, and modules have none before Linux 5.11 (CONFIG_DEBUG_INFO_BTF_MODULES): not supported by this kernel"},
		{name: "strict, nothing missing", want: ModeTracepoint, strict: true, mode: ModeTracepoint, xmit: "tracepoint net_dev_start_xmit"},
		{name: "auto without fentry", refused: noEnqueue, mode: ModeTracepoint, xmit: "tracepoint net_dev_start_xmit"},
		{name: "fentry without fentry", refused: noEnqueue, want: ModeFentry,
			err: "mode fentry: the kernel does not permit fentry (EPERM), by lockdown or a security policy; use --mode auto: not supported by this kernel"},
		{name: "other kinds begin at the tracepoint", kinds: []Kind{KindVeth, KindLoopback}, mode: ModeFentry, xmit: "tracepoint net_dev_start_xmit"},
	} {
		f := &features{types: kernelTypes(t, "")}
		mode, chosen, err := fakeChooser(f, tt.refused).chooseMode(tt.want, kindsOrVeth(tt.kinds), tt.strict)
		if tt.err != "" {
			if err == nil || err.Error() != tt.err || !errors.Is(err, ErrNotSupported) {
				t.Errorf("%s: got  %v\nwant %s", tt.name, err, tt.err)
			}
			continue
		}
		if err != nil || mode != tt.mode {
			t.Errorf("%s: mode %s, %v, want %s", tt.name, mode, err, tt.mode)
			continue
		}
		xmit := chosen[len(chosen)-1]
		if xmit.name != "xmit" || xmit.place() != tt.xmit {
			t.Errorf("%s: %s is %s, want %s", tt.name, xmit.name, xmit.place(), tt.xmit)
		}
	}
}

// A hook that fails to attach is done without, if there is another way.
func TestRetryable(t *testing.T) {
	h := &hook{name: "xmit", tracepoint: "net_dev_start_xmit", function: "veth_xmit"}
	failed := errors.Join(&attachError{choice{hook: h, means: ModeFentry}, unix.EBUSY}, nil)
	if name, why, ok := retryable(failed, nil, false); !ok || name != "xmit" || why != "attaching to fentry veth_xmit: device or resource busy" {
		t.Errorf("got %q %q %t", name, why, ok)
	}
	if _, _, ok := retryable(failed, nil, true); ok {
		t.Error("strict is not to do without")
	}
	last := &attachError{choice{hook: h, means: ModeTracepoint}, unix.EBUSY}
	if _, _, ok := retryable(last, nil, false); ok {
		t.Error("there is nothing in place of a tracepoint")
	}
	refused := &refusalError{"xmit_fentry", "  R1 !read_ok", unix.EACCES}
	chosen := []choice{{hook: h, means: ModeFentry}}
	if name, why, ok := retryable(refused, chosen, false); !ok || name != "xmit" ||
		why != "the verifier refuses program xmit_fentry (permission denied):\n  R1 !read_ok" {
		t.Errorf("got %q %q %t", name, why, ok)
	}
	refused.program = "xmit"
	if _, _, ok := retryable(refused, chosen, false); ok {
		t.Error("there is nothing in place of a tracepoint's program")
	}
	c := fakeChooser(&features{types: kernelTypes(t, "")}, nil)
	c.banned["xmit"] = "no"
	_, chosen, err := c.chooseMode(ModeAuto, []Kind{KindVeth}, false)
	if err != nil {
		t.Fatal(err)
	}
	if xmit := chosen[len(chosen)-1]; xmit.means != ModeTracepoint || xmit.missed != "no" {
		t.Errorf("got %+v", xmit)
	}
}
