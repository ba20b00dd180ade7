// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/guest"
)

// modulePath is the module, initPackage the guest's first program.
const (
	modulePath     = "github.com/vethtrace/vethtrace"
	initPackage    = modulePath + "/vmtest/init"
	commandPackage = modulePath + "/cmd/vethtrace"
)

// goCommand runs the go command for static Linux programs.
func goCommand(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running go %s: %w\n%s", args[0], err, bytes.TrimSpace(complaints.Bytes()))
	}
	return out, nil
}

// packages are those whose tests are run.
type packages struct {
	// modal are run in every mode, once are run once.
	modal, once []guest.Package
}

func findPackages(ctx context.Context, o options) (p packages, err error) {
	if p.modal, err = testPackages(ctx, o.packages); err != nil {
		return p, err
	}
	if o.once != nil {
		p.once, err = testPackages(ctx, o.once)
	}
	return p, err
}

// testPackages lists the packages with tests that match the patterns.
func testPackages(ctx context.Context, patterns []string) ([]guest.Package, error) {
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Dir}}{{end}}"
	out, err := goCommand(ctx, append([]string{"list", "-f", format}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var packages []guest.Package
	in := bufio.NewScanner(bytes.NewReader(out))
	for in.Scan() {
		importPath, dir, ok := strings.Cut(in.Text(), " ")
		if !ok {
			continue
		}
		name := "." + strings.TrimPrefix(importPath, modulePath)
		binary := strings.ReplaceAll(strings.TrimPrefix(name, "./"), "/", "_") + ".test"
		packages = append(packages, guest.Package{Name: name, Dir: dir, Binary: filepath.Join(guest.BinariesDir, binary)})
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("there are no tests in %s", strings.Join(patterns, " "))
	}
	return packages, nil
}

// buildTests builds a test binary for each package into dir, and returns where
// each is, by its path in the guest.
func buildTests(ctx context.Context, dir string, packages []guest.Package) (map[string]string, error) {
	built := map[string]string{}
	for _, p := range packages {
		path := filepath.Join(dir, filepath.Base(p.Binary))
		if _, err := goCommand(ctx, "test", "-c", "-ldflags=-s -w", "-o", path, modulePath+p.Name[1:]); err != nil {
			return nil, err
		}
		built[p.Binary] = path
	}
	return built, nil
}

func buildCommand(ctx context.Context, pkg, path string) error {
	_, err := goCommand(ctx, "build", "-ldflags=-s -w", "-buildvcs=false", "-o", path, pkg)
	return err
}

// repository is the directory of go.mod.
func repository(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, "list", "-m", "-f", "{{.Dir}}", modulePath)
	return strings.TrimSpace(string(out)), err
}
