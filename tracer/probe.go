// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// probeFunction tries whether a program can be attached to a kernel function,
// with one that does nothing: by loading it for fentry, where the kernel looks
// the function up at once, and by attaching it for kprobe.
func probeFunction(means Mode, function string) error {
	spec := &ebpf.ProgramSpec{
		Name:         "probe",
		Type:         ebpf.Kprobe,
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
		License:      "GPL",
	}
	if means == ModeFentry {
		spec.Type, spec.AttachType, spec.AttachTo = ebpf.Tracing, ebpf.AttachTraceFEntry, function
	}
	p, err := ebpf.NewProgramWithOptions(spec, ebpf.ProgramOptions{LogDisabled: true})
	if err != nil {
		return fmt.Errorf("loading a program for %s %s: %w", means, function, err)
	}
	defer p.Close()
	if means == ModeFentry {
		return nil
	}
	// Since 4.17, with CONFIG_KPROBE_EVENTS.
	if _, err := os.Stat("/sys/bus/event_source/devices/kprobe"); err != nil {
		return fmt.Errorf("looking for kprobes: %w", ebpf.ErrNotSupported)
	}
	l, err := link.Kprobe(function, p, nil)
	if err != nil {
		return fmt.Errorf("attaching by %s to %s: %w", means, function, err)
	}
	return l.Close()
}

// canAttach says whether a program can be attached to a hook's function, for all
// that can be found out beforehand.
func (f *features) canAttach(means Mode, h *hook) error {
	if means == ModeFentry && h.name != enqueueHook().name {
		// Whether fentry is permitted the other function says.
		return f.hasFunction(h)
	}
	return probeFunction(means, h.function)
}

// hasFunction looks for the type of a hook's function. Loading a program for it
// would read the types of the kernel and of all modules again, to find out the
// same.
func (f *features) hasFunction(h *hook) error {
	types := f.types
	if h.module != "" {
		var err error
		if types, err = f.cache.Module(h.module); err != nil {
			return fmt.Errorf("reading the type information of module %s: %w: %w", h.module, ebpf.ErrNotSupported, err)
		}
	}
	var fn *btf.Func
	if err := types.TypeByName(h.function, &fn); err != nil {
		return fmt.Errorf("looking for the type of %s: %w: %w", h.function, ebpf.ErrNotSupported, err)
	}
	return nil
}

// explainFunction puts into words why a function cannot be attached to.
func explainFunction(means Mode, h *hook, err error) string {
	kallsyms, openErr := os.Open("/proc/kallsyms")
	if openErr != nil {
		return fmt.Sprintf("%s: %v", h.function, err)
	}
	defer kallsyms.Close()
	found, readErr := findSymbol(kallsyms, h.function)
	if readErr != nil {
		return fmt.Sprintf("%s: %v", h.function, err)
	}
	return whyNot(means, h, found, err)
}

// symbol is what /proc/kallsyms says of a function.
type symbol struct {
	// exact is how many functions have the name, variants are those that the
	// compiler made of it, such as "f.constprop.0" and "f.isra.0".
	exact    int
	variants []string
}

// findSymbol looks for a function in the format of /proc/kallsyms. Parts that
// were split off (f.cold) are not it.
func findSymbol(kallsyms io.Reader, function string) (s symbol, err error) {
	lines := bufio.NewScanner(kallsyms)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			continue
		}
		name := fields[2]
		switch {
		case name == function:
			s.exact++
		case strings.HasPrefix(name, function+".") && !strings.Contains(name, ".cold"):
			s.variants = append(s.variants, name)
		}
	}
	return s, lines.Err()
}

// whyNot says in words why a function cannot be attached to, given what the
// kernel answered.
func whyNot(means Mode, h *hook, found symbol, err error) string {
	switch {
	case found.exact > 1:
		return fmt.Sprintf("%d functions of this kernel are called %s, and only one is meant", found.exact, h.function)
	case found.exact == 0 && len(found.variants) > 0:
		return fmt.Sprintf("the compiler has changed %s into %s, whose arguments are not known", h.function, strings.Join(found.variants, ", "))
	case found.exact == 0 && h.module != "":
		return fmt.Sprintf("%s is not there: module %s is not loaded yet, or the compiler inlined it", h.function, h.module)
	case found.exact == 0:
		return fmt.Sprintf("%s is not there: the compiler inlined it", h.function)
	case errors.Is(err, os.ErrPermission):
		return fmt.Sprintf("the kernel does not permit %s (%s), by lockdown or a security policy", means, errnoText(err))
	case means == ModeFentry && errors.Is(err, ebpf.ErrNotSupported) && h.module != "":
		return fmt.Sprintf("%s has no type information: it is in module %s, and modules have none before Linux 5.11 (CONFIG_DEBUG_INFO_BTF_MODULES)", h.function, h.module)
	case means == ModeFentry && errors.Is(err, ebpf.ErrNotSupported):
		return fmt.Sprintf("this kernel cannot attach to %s by fentry: it has no type information of it (BTF) or no BPF trampolines", h.function)
	case means == ModeKprobe && errors.Is(err, ebpf.ErrNotSupported):
		return "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)"
	}
	return fmt.Sprintf("%s: %v", h.function, err)
}

// errnoText names the error number within an error.
func errnoText(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return unix.ErrnoName(errno)
	}
	return err.Error()
}
