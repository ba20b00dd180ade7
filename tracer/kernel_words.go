// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/gen"
)

// KernelWords is what programs of other packages need to know of the kernel,
// and its words for things.
type KernelWords struct {
	// Kernel is what uname -r prints.
	Kernel string
	// Types is the kernel's BTF, by which programs are loaded.
	Types *btf.Spec
	// DropReasons are the names of enum skb_drop_reason without its prefix, by
	// number; nil where tracepoint kfree_skb gives none (before 5.17).
	DropReasons map[uint32]string
	// RdonlyCast is whether bpf_rdonly_cast exists (6.2, a35b9af4ec2c).
	RdonlyCast bool
}

// ReadKernelWords reads them. It needs no rights, but BTF.
func ReadKernelWords() (*KernelWords, error) {
	f, err := probeFeatures()
	if err != nil {
		return nil, err
	}
	return &KernelWords{f.kernel, f.types, f.dropReasons, f.rdonlyCast}, nil
}

// LoadError puts the error of loading a collection into words that say what to
// do.
func (w *KernelWords) LoadError(err error) error {
	var verifier *ebpf.VerifierError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrPermission) && !mayTrace():
		return fmt.Errorf("tracing needs root, or CAP_BPF and CAP_PERFMON (`vethtrace check` names what is missing): %w", os.ErrPermission)
	case errors.As(err, &verifier) && !errors.Is(err, unix.EPERM):
		return fmt.Errorf("loading BPF programs: the verifier of kernel %s refuses %w", w.Kernel, refusal(err, verifier))
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("loading BPF programs (`vethtrace check` may say what forbids it): %w", err)
	}
	return fmt.Errorf("loading BPF programs: %w", err)
}

// FlowWords is a flow as the BPF side has it.
type FlowWords [5]uint64

// Words returns the flow as the BPF side has it.
func (k FlowKey) Words() (w FlowWords) {
	w[0] = uint64(k.Src.Port()) | uint64(k.Dst.Port())<<16 |
		uint64(k.Proto)<<32 | uint64(family(k.Src.Addr()))<<40 | uint64(k.ID)<<48
	for i, a := range []netip.Addr{k.Src.Addr(), k.Dst.Addr()} {
		var words [4]uint32
		addrWords(words[:], a)
		w[1+2*i] = uint64(words[1])<<32 | uint64(words[0])
		w[2+2*i] = uint64(words[3])<<32 | uint64(words[2])
	}
	return w
}

// Flow is the inverse of Words.
func (w FlowWords) Flow() FlowKey {
	return flowKey([7]uint64{2: w[0], 3: w[1], 4: w[2], 5: w[3], 6: w[4]})
}

// Knob returns the filter as the BPF side reads it (struct filter in
// bpf/knobs.h).
func (f *Filter) Knob() gen.VethtraceFilter { return f.knob() }

// Names finds the names of devices and namespaces. It is safe for concurrent
// use.
type Names struct {
	mu    sync.Mutex
	names *names
}

// NewNames lists the namespaces that there are.
func NewNames() *Names { return &Names{names: newNames()} }

// Device returns a device with the names that are known, asking the kernel for
// those that are not; ifname is what has been seen, or empty.
func (n *Names) Device(key uint64, ifname string) DeviceName {
	n.mu.Lock()
	defer n.mu.Unlock()
	d := deviceOf(key)
	if ifname != "" {
		n.names.saw(d, ifname)
	}
	if d.Ifindex == 0 {
		return DeviceName{DeviceID: d, NetnsName: n.names.netns[d.Netns].Name}
	}
	if !n.names.known(d) {
		n.names.find([]DeviceID{d})
	}
	return n.names.of(d)
}

// Netns returns the namespace with this inode, as far as it is known.
func (n *Names) Netns(inode uint32) Netns {
	n.mu.Lock()
	defer n.mu.Unlock()
	ns := n.names.netns[inode]
	ns.Inode = inode
	return ns
}

// MonotonicNS returns CLOCK_MONOTONIC, the clock of all events.
func MonotonicNS() uint64 { return monotonicNS() }

// CString returns the text before the first NUL.
func CString(b []int8) string { return strings.ToValidUTF8(cString(b), "?") }
