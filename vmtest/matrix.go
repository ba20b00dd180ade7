// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/vethtrace/vethtrace/vmtest/guest"
	"github.com/vethtrace/vethtrace/vmtest/image"
	"github.com/vethtrace/vethtrace/vmtest/kernels"
	"github.com/vethtrace/vethtrace/vmtest/results"
)

// runMatrix boots each kernel once for each mode, some at a time, and tells of
// each as it ends. The runs are in the order of the options. Work is a
// directory for what is needed only meanwhile.
func runMatrix(ctx context.Context, o options, work string, stdout io.Writer) ([]results.Run, error) {
	common, packages, err := buildCommon(ctx, o, work)
	if err != nil {
		return nil, err
	}
	m := matrix{slots: make(chan struct{}, o.parallel), stdout: stdout}
	for _, series := range o.series {
		if ctx.Err() != nil {
			break
		}
		j, err := prepare(ctx, o, series, work, common)
		if err != nil {
			m.fail(err)
			continue
		}
		j.packages = packages
		m.tell("%s is %s\n", series.Name, j.kernel.Release)
		for _, mode := range o.modes {
			m.start(ctx, j, mode)
		}
	}
	return m.wait()
}

// prepare gets a kernel and packs what it boots.
func prepare(ctx context.Context, o options, series kernels.Series, work, common string) (job, error) {
	kernel, err := kernels.Get(ctx, o.cache, series)
	if err != nil {
		return job{}, err
	}
	initramfs := filepath.Join(work, series.Name+".cpio")
	if err := image.WriteKernel(initramfs, kernel.Modules, common); err != nil {
		return job{}, fmt.Errorf("packing kernel %s: %w", series.Name, err)
	}
	return job{series: series, kernel: kernel, initramfs: initramfs, options: o}, nil
}

// buildCommon builds all programs and packs what every kernel needs.
func buildCommon(ctx context.Context, o options, work string) (path string, packages []guest.Package, err error) {
	if packages, err = testPackages(ctx, o.packages); err != nil {
		return "", nil, err
	}
	binaries, err := buildTests(ctx, work, packages)
	if err != nil {
		return "", nil, err
	}
	initProgram := filepath.Join(work, "init")
	if err := buildInit(ctx, initProgram); err != nil {
		return "", nil, err
	}
	root, err := repository(ctx)
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(work, "common.cpio")
	return path, packages, image.WriteCommon(path, image.Common{
		Init: initProgram, Repository: root, Binaries: binaries,
		Plan: guest.Plan{
			Packages: packages, Run: o.run, TimeoutSeconds: int(o.timeout.Seconds()), Facts: o.facts,
		},
	})
}
