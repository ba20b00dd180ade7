// SPDX-License-Identifier: Apache-2.0

package image

import (
	"slices"
	"strings"
	"testing"
)

func TestOrder(t *testing.T) {
	modules := map[string][]string{
		"veth":          nil,
		"nft_masq":      {"nf_nat", "nf_tables"},
		"nf_nat":        {"nf_conntrack", "libcrc32c"},
		"nf_conntrack":  {"libcrc32c"},
		"nf_tables":     {"nfnetlink", "libcrc32c"},
		"nft_chain_nat": {"nf_nat", "nf_tables"},
	}
	got, err := order([]string{"veth", "nft_chain_nat", "nft_masq", "veth"},
		func(name string) ([]string, error) { return modules[name], nil })
	if err != nil {
		t.Fatal(err)
	}
	for name, needs := range modules {
		for _, need := range needs {
			if at := slices.Index(got, need); at < 0 || at > slices.Index(got, name) {
				t.Errorf("%s comes after %s in %q", need, name, got)
			}
		}
	}
	if want := len(modules) + 2; len(got) != want {
		t.Errorf("got %d modules, want %d: %q", len(got), want, got)
	}
}

func TestOrderOfLoop(t *testing.T) {
	loop := map[string][]string{"a": {"b"}, "b": {"a"}}
	_, err := order([]string{"a"}, func(name string) ([]string, error) { return loop[name], nil })
	if err == nil || !strings.Contains(err.Error(), "a depends on itself") {
		t.Errorf("got %v", err)
	}
}

func TestDependsOf(t *testing.T) {
	modinfo := "license=GPL\x00depends=nf-nat,nf_tables\x00name=nft_masq\x00"
	if got, want := dependsOf([]byte(modinfo)), []string{"nf_nat", "nf_tables"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := dependsOf([]byte("depends=\x00")); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

func TestModuleName(t *testing.T) {
	for path, want := range map[string]string{
		"kernel/drivers/net/veth.ko":     "veth",
		"net/nft-masq.ko.xz":             "nft_masq",
		"/lib/modules/x/udp_diag.ko.zst": "udp_diag",
	} {
		if got := moduleName(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestLibraries(t *testing.T) {
	ldd := "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibcap.so.2 => /lib/x86_64-linux-gnu/libcap.so.2 (0x00007f1)\n" +
		"\tlibgone.so => not found\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f2)\n"
	want := []string{"/lib/x86_64-linux-gnu/libcap.so.2", "/lib64/ld-linux-x86-64.so.2"}
	if got := libraries(ldd); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
