// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type entry struct {
	name string
	mode uint64
	data string
}

// readArchive is the format once more, from the other side.
func readArchive(t *testing.T, archive []byte) (entries []entry) {
	t.Helper()
	at := 0
	take := func(n int) []byte {
		t.Helper()
		if at+n > len(archive) {
			t.Fatalf("archive of %d bytes ends before %d", len(archive), at+n)
		}
		at += n
		return archive[at-n : at]
	}
	align := func() { take(-at & 3) }
	for {
		header := string(take(110))
		if header[:6] != "070701" {
			t.Fatalf("at %d: got magic %q", at-110, header[:6])
		}
		field := func(i int) uint64 {
			v, err := strconv.ParseUint(header[6+8*i:14+8*i], 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		name := strings.TrimSuffix(string(take(int(field(11)))), "\x00")
		align()
		data := string(take(int(field(6))))
		align()
		if name == "TRAILER!!!" {
			if at != len(archive) {
				t.Errorf("%d bytes follow the trailer", len(archive)-at)
			}
			return entries
		}
		entries = append(entries, entry{name, field(1), data})
	}
}

func sample(t *testing.T) []byte {
	t.Helper()
	var buffer bytes.Buffer
	a := NewArchive(&buffer)
	a.File("/a/b/odd", 0o644, []byte("12345"))
	a.Dir("a/b", 0o700)
	a.Link("/link", "a/b/odd")
	a.File("a/../a/b/odd", 0o600, []byte("a second time"))
	a.File("empty", 0o755, nil)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestArchive(t *testing.T) {
	got := readArchive(t, sample(t))
	want := []entry{
		{"a", 0o040755, ""},
		{"a/b", 0o040755, ""},
		{"a/b/odd", 0o100644, "12345"},
		{"link", 0o120777, "a/b/odd"},
		{"empty", 0o100755, ""},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestArchiveIsWhatCpioReads(t *testing.T) {
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("needs cpio to compare with")
	}
	cmd := exec.Command("cpio", "-t", "--quiet")
	cmd.Stdin = bytes.NewReader(sample(t))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got, want := string(out), "a\na/b\na/b/odd\nlink\nempty\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCopyFollowsLinks(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "library.so.1.2"), []byte("text"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("library.so.1.2", filepath.Join(dir, "library.so")); err != nil {
		t.Fatal(err)
	}
	var buffer bytes.Buffer
	a := NewArchive(&buffer)
	if err := a.Copy("lib/library.so", filepath.Join(dir, "library.so")); err != nil {
		t.Fatal(err)
	}
	a.Close()
	want := []entry{{"lib", 0o040755, ""}, {"lib/library.so", 0o100640, "text"}}
	if got := readArchive(t, buffer.Bytes()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
