// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/image"
	"github.com/vethtrace/vethtrace/vmtest/kernels"
	"github.com/vethtrace/vethtrace/vmtest/results"
)

// runMatrix boots each kernel, some at a time, and tells of each as it ends.
// The runs are in the order of the options. Work is a directory for what is
// needed only meanwhile.
func runMatrix(ctx context.Context, o options, work string, stdout io.Writer) ([]results.Run, error) {
	common, tests, err := buildCommon(ctx, o, work)
	if err != nil {
		return nil, err
	}
	m := matrix{slots: make(chan struct{}, o.parallel), stdout: stdout}
	for place, series := range o.series {
		if ctx.Err() != nil {
			break
		}
		kernel, err := kernels.Get(ctx, o.cache, series)
		if err != nil {
			m.fail(err)
			if errors.Is(err, kernels.ErrNoMirror) {
				break // it would be said of each kernel
			}
			continue
		}
		m.tell("%s is %s\n", series.Name, kernel.Release)
		for _, v := range variantsOf(series, o.run) {
			j := job{variant: v, kernel: kernel, plan: v.plan(o, place, tests), options: o}
			j.initramfs = filepath.Join(work, strings.ReplaceAll(v.name(), " ", "")+".cpio")
			if err := image.WriteMachine(j.initramfs, j.plan, kernel.Modules, common); err != nil {
				m.fail(fmt.Errorf("packing kernel %s: %w", v.name(), err))
				continue
			}
			m.start(ctx, j)
		}
	}
	return m.wait()
}

// buildCommon builds all programs and packs what every kernel needs.
func buildCommon(ctx context.Context, o options, work string) (path string, p packages, err error) {
	if p, err = findPackages(ctx, o); err != nil {
		return "", p, err
	}
	binaries, err := buildTests(ctx, work, append(p.modal, p.once...))
	if err != nil {
		return "", p, err
	}
	binaries[guest.Vethtrace] = filepath.Join(work, "vethtrace")
	initProgram := filepath.Join(work, "init")
	for pkg, to := range map[string]string{initPackage: initProgram, commandPackage: binaries[guest.Vethtrace]} {
		if err := buildCommand(ctx, pkg, to); err != nil {
			return "", p, err
		}
	}
	root, err := repository(ctx)
	if err != nil {
		return "", p, err
	}
	path = filepath.Join(work, "common.cpio")
	return path, p, image.WriteCommon(path, image.Common{Init: initProgram, Repository: root, Binaries: binaries})
}
