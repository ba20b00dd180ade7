// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ErrNoMirror says that nothing could be fetched, and that nothing fetched
// before is there.
var ErrNoMirror = errors.New("the mirror of Debian cannot be reached")

// Kernel is one that was unpacked.
type Kernel struct {
	Series  string
	Release string
	// Version is the package's.
	Version string
	// Image is the file to boot, Modules the directory of its modules, and
	// Config its configuration, empty if the packages have none.
	Image, Modules, Config string
}

// Get returns the newest kernel of the series, downloaded and unpacked below
// cache unless it is there already.
func Get(ctx context.Context, cache string, s Series) (Kernel, error) {
	cache = filepath.Join(cache, s.Name)
	apt, err := newApt(filepath.Join(cache, "apt"), hostMirrors("/etc/apt"), s.Suites)
	if err != nil {
		return Kernel{}, err
	}
	lists, err := apt.lists(ctx)
	if err != nil {
		return Kernel{}, fmt.Errorf("finding kernel %s: %w", s.Name, err)
	}
	p, err := newestIn(lists, s)
	if err != nil {
		return Kernel{}, err
	}
	dir := filepath.Join(cache, p.Name+"_"+p.Version)
	if _, err := os.Stat(dir); err != nil {
		if err := unpack(ctx, apt, p, dir); err != nil {
			return Kernel{}, fmt.Errorf("getting %s: %w", p.Name, err)
		}
		removeOthers(dir)
	}
	return locate(dir, s, p)
}

func newestIn(lists []string, s Series) (Package, error) {
	var best newest
	for _, path := range lists {
		f, err := os.Open(path)
		if err != nil {
			return Package{}, fmt.Errorf("opening package list: %w", err)
		}
		err = scanPackages(f, s.Prefix, best.use)
		f.Close()
		if err != nil {
			return Package{}, err
		}
	}
	if best.Name == "" {
		return Package{}, fmt.Errorf("there is no kernel %s in %q", s.Name, s.Suites)
	}
	return best.Package, nil
}

// unpack makes dir, whole or not at all.
func unpack(ctx context.Context, apt *apt, p Package, dir string) error {
	work, err := os.MkdirTemp(filepath.Dir(dir), ".unpack-")
	if err != nil {
		return fmt.Errorf("making a directory to unpack in: %w", err)
	}
	defer os.RemoveAll(work)
	// The version pins the suite it was found in.
	download := []string{"download", p.Name + "=" + p.Version}
	if err := apt.run(ctx, work, append(download, p.Parts...)...); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(work, "*.deb"))
	if err != nil {
		return err
	}
	root := filepath.Join(work, "root")
	for _, deb := range debs {
		if out, err := exec.CommandContext(ctx, "dpkg", "-x", deb, root).CombinedOutput(); err != nil {
			return fmt.Errorf("unpacking %s: %w: %s", filepath.Base(deb), err, out)
		}
	}
	return os.Rename(root, dir)
}

// removeOthers removes the kernels that dir has replaced.
func removeOthers(dir string) {
	others, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), imagePrefix+"*"))
	for _, other := range others {
		if other != dir {
			os.RemoveAll(other)
		}
	}
}

// locate finds the parts: the image was in /boot and is beside the modules
// since 6.17, and these moved from /lib to /usr/lib.
func locate(dir string, s Series, p Package) (Kernel, error) {
	k := Kernel{
		Series: s.Name, Release: p.Release, Version: p.Version,
		Image:   first(dir, "boot/vmlinuz-"+p.Release, "usr/lib/modules/"+p.Release+"/vmlinuz"),
		Modules: first(dir, "lib/modules/"+p.Release, "usr/lib/modules/"+p.Release),
		Config:  first(dir, "boot/config-"+p.Release, "usr/lib/modules/"+p.Release+"/config"),
	}
	if k.Image == "" || k.Modules == "" {
		return Kernel{}, fmt.Errorf("%s has no kernel or no modules where they are expected", dir)
	}
	return k, nil
}

func first(dir string, names ...string) string {
	for _, name := range names {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}
