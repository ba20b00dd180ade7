// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// mirrors is where the machine gets its Debian packages from.
type mirrors struct {
	debian, security string
	// keyring is empty to trust what apt trusts by itself.
	keyring string
}

const debianKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// hostMirrors reads apt's sources below dir, /etc/apt.
func hostMirrors(dir string) mirrors {
	m := mirrors{debian: "http://deb.debian.org/debian", security: "http://deb.debian.org/debian-security"}
	if _, err := os.Stat(debianKeyring); err == nil {
		m.keyring = debianKeyring
	}
	lists, _ := filepath.Glob(filepath.Join(dir, "sources.list.d", "*"))
	for _, path := range append(lists, filepath.Join(dir, "sources.list")) {
		if f, err := os.Open(path); err == nil {
			m.read(f)
			f.Close()
		}
	}
	return m
}

// read takes the addresses from a file of either format: words that look like
// one, on lines that start with deb or URIs. What is not Debian's own is told
// by the last element of the path.
func (m *mirrors) read(file io.Reader) {
	in := bufio.NewScanner(file)
	for in.Scan() {
		words := strings.Fields(in.Text())
		if len(words) == 0 || words[0] != "deb" && words[0] != "URIs:" {
			continue
		}
		for _, word := range words[1:] {
			address := strings.TrimRight(word, "/")
			switch {
			case !strings.Contains(address, "://"):
			case strings.HasSuffix(address, "/debian"):
				m.debian = address
			case strings.HasSuffix(address, "/debian-security"):
				m.security = address
			}
		}
	}
}

// source is the line of sources.list for a suite; of all indexes it takes the
// package list only.
func (m *mirrors) source(suite string) string {
	address := m.debian
	if strings.HasSuffix(suite, "-security") {
		address = m.security
	}
	options := "arch=amd64 target=Packages"
	if m.keyring != "" {
		options += " signed-by=" + m.keyring
	}
	return "deb [" + options + "] " + address + " " + suite + " main\n"
}
