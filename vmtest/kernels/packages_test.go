// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const samplePackages = `Package: linux-image-6.1.0-9-cloud-amd64
Version: 6.1.27-1
Depends: kmod, linux-base (>= 4.3~), initramfs-tools (>= 0.120+deb8u2) | linux-initramfs-tool

Package: linux-image-6.1.0-50-cloud-amd64
Source: linux-signed-amd64 (6.1.176+1)
Version: 6.1.176-1
Description: not the last line
 linux-image-6.1.0-99-cloud-amd64 is only named here

Package: linux-image-6.1.0-50-rt-amd64
Version: 6.1.999-1

Package: linux-image-6.1.0-50-cloud-amd64-dbg
Version: 6.1.999-1

Package: linux-image-6.1.0-50-cloud-amd64-unsigned
Version: 6.1.999-1

Package: linux-image-6.1-cloud-amd64
Version: 6.1.999-1

Package: linux-image-cloud-amd64
Version: 6.1.999-1

Package: linux-image-6.12.9+deb12-cloud-amd64
Version: 6.12.9-1~bpo12+1

Package: linux-image-6.12.100+deb12-cloud-amd64
Version: 6.12.100-1~deb12u1

Package: linux-image-7.2.13+deb14-cloud-amd64
Version: 7.2.13-1
Depends: dracut | initramfs-tools, linux-base-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), linux-binary-7.2.13+deb14-cloud-amd64 (= 7.2.13-1), linux-modules-7.2.13+deb14-cloud-amd64 (= 7.2.13-1)
`

func TestNewest(t *testing.T) {
	list := filepath.Join(t.TempDir(), "x_Packages")
	if err := os.WriteFile(list, []byte(samplePackages), 0o644); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{
		"6.1.":  "linux-image-6.1.0-50-cloud-amd64",
		"6.12.": "linux-image-6.12.100+deb12-cloud-amd64",
		"":      "linux-image-7.2.13+deb14-cloud-amd64",
	} {
		p, err := newestIn([]string{list}, Series{Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != want || "linux-image-"+p.Release != want {
			t.Errorf("%q: got %q of release %q, want %q", prefix, p.Name, p.Release, want)
		}
	}
	if _, err := newestIn([]string{list}, Series{Name: "5.10", Prefix: "5.10."}); err == nil {
		t.Error("5.10 is not there and was found")
	}
}

func TestPartsOfAKernel(t *testing.T) {
	var got []string
	err := scanPackages(strings.NewReader(samplePackages), "7.", func(p Package) { got = p.Parts })
	want := []string{
		"linux-base-7.2.13+deb14-cloud-amd64",
		"linux-binary-7.2.13+deb14-cloud-amd64",
		"linux-modules-7.2.13+deb14-cloud-amd64",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// Without a network and without what was fetched before, one sentence says so.
func TestNoMirror(t *testing.T) {
	bin := t.TempDir()
	const script = "#!/bin/sh\n" +
		"echo 'E: Failed to fetch http://deb.debian.org/debian/dists/sid/InRelease  Could not resolve '\\''deb.debian.org'\\'\n" +
		"echo 'E: Some index files failed to download. They have been ignored, or old ones used instead.'\n" +
		"exit 100\n"
	if err := os.WriteFile(filepath.Join(bin, "apt-get"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	_, err := Get(t.Context(), t.TempDir(), Series{Name: "sid", Suites: []string{"sid"}})
	want := "finding kernel sid: the mirror of Debian cannot be reached: Could not resolve 'deb.debian.org'"
	if !errors.Is(err, ErrNoMirror) || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestMirrors(t *testing.T) {
	var m mirrors
	m.read(strings.NewReader("# deb http://old/debian bookworm main\n" +
		"deb [signed-by=/k.gpg] https://mirror.example/debian/ bookworm main\n" +
		"deb https://packages.example/apt other main\n" +
		"Types: deb\nURIs: http://mirror.example/debian-security\n"))
	want := mirrors{debian: "https://mirror.example/debian", security: "http://mirror.example/debian-security"}
	if m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
	m.keyring = "/k.gpg"
	line := "deb [arch=amd64 target=Packages signed-by=/k.gpg] http://mirror.example/debian-security bookworm-security main\n"
	if got := m.source("bookworm-security"); got != line {
		t.Errorf("got %q, want %q", got, line)
	}
}
