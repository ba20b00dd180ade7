// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// kernelTypes is the BTF of a kernel that has the tracepoints of all hooks but
// one.
func kernelTypes(t *testing.T, without string) *btf.Spec {
	t.Helper()
	var types []btf.Type
	for _, h := range hooks {
		if h.tracepoint != "" && h.tracepoint != without {
			types = append(types, &btf.Typedef{Name: "btf_trace_" + h.tracepoint, Type: (*btf.Void)(nil)})
		}
	}
	b, err := btf.NewBuilder(types, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := b.Marshal(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

// goodSystem is one where tracing works; each case takes something from it.
func goodSystem(t *testing.T) (system, *features) {
	f := &features{kernel: "6.18.0", types: kernelTypes(t, ""), rdonlyCast: true, percpu: make(map[string]uint32)}
	for _, knob := range percpuVars {
		f.percpu[knob.knob] = 1
	}
	f.percpu[softnetKnob] = 1
	return system{
		readFile:  func(string) ([]byte, error) { return []byte("[none] integrity confidentiality\n"), nil },
		capset:    func() (uint64, error) { return ^uint64(0), nil },
		features:  func() (*features, error) { return f, nil },
		chooser:   func(f *features) *chooser { return fakeChooser(f, nil) },
		tryToLoad: func(Mode) error { return nil },
	}, f
}

// fakeChooser is of a kernel where functions have a symbol that the given
// error keeps from being attached to, by their name.
func fakeChooser(f *features, refused map[string]refusedFunction) *chooser {
	return &chooser{
		attachable: func(means Mode, h *hook) error {
			if r, ok := refused[h.function]; ok && (r.means == "" || r.means == means) {
				return r.err
			}
			return nil
		},
		explain: func(means Mode, h *hook, err error) string {
			return whyNot(means, h, refused[h.function].found, err)
		},
		tracepoint: f.hasTracepoint,
		banned:     make(map[string]string),
		tried:      make(map[trial]error),
	}
}

// refusedFunction is what the kernel answers, and what kallsyms says.
type refusedFunction struct {
	means Mode // empty for both
	found symbol
	err   error
}

// refuse makes a system whose kernel refuses these functions.
func refuse(refused map[string]refusedFunction) func(*system, *features) {
	return func(s *system, _ *features) {
		s.chooser = func(f *features) *chooser { return fakeChooser(f, refused) }
	}
}

var (
	errForbidden  = fmt.Errorf("loading a program: %w", unix.EPERM)
	errNoFunction = fmt.Errorf("loading a program: %w", ebpf.ErrNotSupported)
	found         = symbol{exact: 1}
)

func TestChecks(t *testing.T) {
	without := func(bits ...uint) func() (uint64, error) {
		all := ^uint64(0)
		for _, b := range bits {
			all &^= 1 << b
		}
		return func() (uint64, error) { return all, nil }
	}
	lockdown := func(s string) func(string) ([]byte, error) {
		return func(string) ([]byte, error) { return []byte(s), nil }
	}
	cases := []struct {
		name string
		take func(*system, *features)
		mode Mode
	}{
		{"all good", func(*system, *features) {}, "fentry"},
		{"no securityfs", func(s *system, _ *features) {
			s.readFile = func(string) ([]byte, error) { return nil, os.ErrNotExist }
		}, "fentry"},
		{"no BTF", func(s *system, _ *features) {
			s.features = func() (*features, error) { return nil, ErrNotSupported }
		}, ""},
		{"no rights", func(s *system, _ *features) {
			s.capset = func() (uint64, error) { return 0, nil }
		}, ""},
		{"no CAP_BPF, no CAP_SYS_ADMIN", func(s *system, _ *features) {
			s.capset = without(unix.CAP_BPF, unix.CAP_SYS_ADMIN)
		}, ""},
		{"no CAP_PERFMON, no CAP_SYS_ADMIN", func(s *system, _ *features) {
			s.capset = without(unix.CAP_PERFMON, unix.CAP_SYS_ADMIN)
		}, ""},
		{"CAP_SYS_ADMIN only", func(s *system, _ *features) {
			s.capset = func() (uint64, error) { return 1 << unix.CAP_SYS_ADMIN, nil }
		}, "fentry"},
		{"CAP_BPF and CAP_PERFMON only", func(s *system, _ *features) {
			s.capset = func() (uint64, error) { return 1<<unix.CAP_BPF | 1<<unix.CAP_PERFMON, nil }
		}, "fentry"},
		{"rights unknown", func(s *system, _ *features) {
			s.capset = func() (uint64, error) { return 0, errors.New("reading capabilities: no") }
		}, ""},
		{"lockdown confidentiality", func(s *system, _ *features) {
			s.readFile = lockdown("none integrity [confidentiality]\n")
		}, ""},
		{"lockdown integrity", func(s *system, _ *features) {
			s.readFile = lockdown("none [integrity] confidentiality\n")
		}, "fentry"},
		{"fentry and kprobes forbidden", refuse(map[string]refusedFunction{
			"veth_xmit": {"", found, errForbidden}, "enqueue_to_backlog": {"", found, errForbidden},
			"process_backlog": {"", found, errForbidden}, "veth_poll": {"", found, errForbidden},
		}), "tracepoint"},
		{"no BTF of modules", refuse(map[string]refusedFunction{
			"veth_xmit": {ModeFentry, found, errNoFunction}, "veth_poll": {ModeFentry, found, errNoFunction},
		}), "fentry"},
		{"veth not loaded", refuse(map[string]refusedFunction{
			"veth_xmit": {"", symbol{}, errNoFunction}, "veth_poll": {"", symbol{}, errNoFunction},
		}), "fentry"},
		{"function renamed", refuse(map[string]refusedFunction{
			"enqueue_to_backlog": {"", symbol{variants: []string{"enqueue_to_backlog.isra.0"}}, errNoFunction},
		}), "tracepoint"},
		{"function inlined", refuse(map[string]refusedFunction{
			"enqueue_to_backlog": {"", symbol{}, errNoFunction},
		}), "tracepoint"},
		{"two functions of one name", refuse(map[string]refusedFunction{
			"process_backlog": {"", symbol{exact: 2}, unix.EADDRNOTAVAIL},
		}), "fentry"},
		{"no trampolines, no kprobes", refuse(map[string]refusedFunction{
			"enqueue_to_backlog": {"", found, errNoFunction}, "veth_xmit": {"", found, errNoFunction},
			"process_backlog": {"", found, errNoFunction}, "veth_poll": {"", found, errNoFunction},
		}), "tracepoint"},
		{"no netif_receive_skb", func(_ *system, f *features) { f.types = kernelTypes(t, "netif_receive_skb") }, ""},
		{"no consume_skb", func(_ *system, f *features) { f.types = kernelTypes(t, "consume_skb") }, "fentry"},
		{"no per-CPU variables", func(_ *system, f *features) { f.percpu = nil }, "fentry"},
		{"no softnet_data", func(_ *system, f *features) { delete(f.percpu, softnetKnob) }, "fentry"},
		{"load refused", func(s *system, _ *features) {
			s.tryToLoad = func(Mode) error { return errors.New("loading BPF programs: no") }
		}, ""},
	}
	var out bytes.Buffer
	for _, tt := range cases {
		s, f := goodSystem(t)
		tt.take(&s, f)
		checks, mode := runChecks(s, ModeAuto)
		if mode != tt.mode {
			t.Errorf("%s: mode %q, want %q", tt.name, mode, tt.mode)
		}
		fmt.Fprintf(&out, "# %s: mode %q\n", tt.name, mode)
		for _, c := range checks {
			if c.Name == "locked memory limit" {
				continue // of the kernel the test runs on
			}
			state := "ok"
			switch {
			case !c.OK() && c.Optional:
				state = "optional"
			case !c.OK():
				state = "MISSING"
			}
			fmt.Fprintf(&out, "%-8s %s: %s\n", state, c.Name, c.Found)
			if !c.OK() {
				fmt.Fprintf(&out, "         %s\n", c.Missing)
			}
		}
		fmt.Fprintln(&out)
	}
	golden(t, "checks.txt", out.Bytes())
}

func TestChecksHere(t *testing.T) {
	onceInVM(t)
	needRoot(t)
	checks, mode := Checks(modeUnderTest())
	for _, c := range checks {
		t.Logf("%s: %s %s", c.Name, c.Found, c.Missing)
	}
	if want := modeUnderTest(); mode == "" || want != ModeAuto && mode != want {
		t.Errorf("mode %q, want %q or any: all other tests of this package trace here", mode, want)
	}
}
