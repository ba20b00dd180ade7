// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

const (
	imagePrefix = "linux-image-"
	cloudSuffix = "-cloud-amd64"
)

// Package is a kernel image as a Packages list has it.
type Package struct {
	Name    string
	Version string
	// Release is what uname -r will say.
	Release string
	// Parts are the packages of the same kernel it depends on: since 6.17
	// the image and its modules come apart.
	Parts []string
}

// scanPackages calls use for each cloud kernel whose release begins with
// prefix. Packages that only name the newest kernel have no release of their
// own and are left out.
func scanPackages(list io.Reader, prefix string, use func(Package)) error {
	var p Package
	flush := func() {
		if p.Name != "" {
			use(p)
		}
		p = Package{}
	}
	in := bufio.NewScanner(list)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		key, value, _ := strings.Cut(in.Text(), ": ")
		switch key {
		case "":
			flush()
		case "Package":
			flush()
			if release, ok := releaseOf(value); ok && strings.HasPrefix(release, prefix) {
				p.Name, p.Release = value, release
			}
		case "Version":
			if p.Name != "" {
				p.Version = value
			}
		case "Depends":
			if p.Name != "" {
				p.Parts = parts(value, p.Release)
			}
		}
	}
	flush()
	if err := in.Err(); err != nil {
		return fmt.Errorf("reading package list: %w", err)
	}
	return nil
}

// releaseOf tells the kernel's release from the name of its package.
func releaseOf(name string) (string, bool) {
	release, ok := strings.CutPrefix(name, imagePrefix)
	if !ok || !strings.HasSuffix(release, cloudSuffix) || !isDigit(release[0]) {
		return "", false
	}
	// linux-image-6.12-cloud-amd64 names the newest 6.12, it is not one.
	version := strings.TrimSuffix(release, cloudSuffix)
	return release, strings.Count(version, ".") >= 2
}

// parts picks the packages of the same release from a Depends field.
func parts(depends, release string) (names []string) {
	for dependency := range strings.SplitSeq(depends, ", ") {
		name, _, _ := strings.Cut(dependency, " ")
		if strings.HasPrefix(name, "linux-") && strings.HasSuffix(name, "-"+release) {
			names = append(names, name)
		}
	}
	return names
}

// newest keeps the newest package it was shown.
type newest struct{ Package }

func (n *newest) use(p Package) {
	if n.Name == "" || compareVersions(p.Version, n.Version) > 0 {
		n.Package = p
	}
}
