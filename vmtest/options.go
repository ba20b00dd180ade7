// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/vmtest/kernels"
)

// options is the command line.
type options struct {
	series   []kernels.Series
	packages []string
	once     []string
	modes    []string
	run      string
	timeout  time.Duration
	parallel int
	cache    string
	json     string
	docs     string
	from     string
	facts    bool
	// spread is whether kernels share the modes and what takes long.
	spread bool
}

// modes that can be asked for; auto forces none.
var modes = []string{"auto", "fentry", "kprobe", "tracepoint"}

func parseOptions(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("vmtest", flag.ContinueOnError)
	flags.SetOutput(stderr)
	names := flags.String("kernels", strings.Join(kernels.Names(), ","), "kernels to boot, of "+strings.Join(kernels.Names(), ", "))
	packages := flags.String("pkgs", "./tracer", "packages whose tests to run in every mode")
	once := flags.String("once", "./lab,./nsenter,./tracer/cause,./tracer/inventory,./tracer/path,./tracer/ruleset,./tracer/sysctl,./cmd/...", "packages whose tests to run once, the mode left to the tracer")
	modeList := flags.String("modes", "fentry,kprobe,tracepoint", "the modes, of "+strings.Join(modes, ", "))
	flags.BoolVar(&o.spread, "spread", false, "run the first mode on the oldest and the newest kernel, the others between, and share out what takes long")
	flags.StringVar(&o.run, "run", "", "run only the tests that match this regular expression")
	flags.DurationVar(&o.timeout, "timeout", 20*time.Minute, "how long one package may take in one mode")
	flags.IntVar(&o.parallel, "parallel", 3, "how many machines run at a time, with 2 CPUs and 2 GB each; a test waits more than it works")
	flags.StringVar(&o.cache, "cache", "", "where kernels and logs are kept (default $XDG_CACHE_HOME/vethtrace/kernels)")
	flags.StringVar(&o.json, "json", "", "write the results to this file as JSON")
	flags.StringVar(&o.docs, "docs", "", "write the results to this file as Markdown")
	flags.StringVar(&o.from, "from", "", "boot nothing, take the results from a file that -json wrote")
	flags.BoolVar(&o.facts, "facts", false, "print what each kernel has that hooks depend on")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	err := o.check(flags.Args(), *names, *packages, *once, *modeList)
	if err != nil {
		fmt.Fprintf(stderr, "vmtest: %v\n", err)
	}
	return o, err
}

// outer says whether the kernel of this place is the oldest or the newest of
// several.
func (o *options) outer(place int) bool { return place == 0 || place == len(o.series)-1 }

// modesOn returns the modes to run on the kernel of this place among the series:
// when spread, the first on the oldest and the newest, the others between.
func (o *options) modesOn(place int) []string {
	switch {
	case !o.spread || len(o.modes) < 2 || len(o.series) < 3:
		return o.modes
	case o.outer(place):
		return o.modes[:1]
	}
	return o.modes[1:]
}

// runsOnce says whether a package whose tests are run once is run on the kernel
// of this place: when spread, those that take long on some.
func (o *options) runsOnce(name string, place int) bool {
	if !o.spread || len(o.series) < 3 {
		return true
	}
	switch name {
	case "./lab":
		return o.outer(place)
	case "./cmd/vethtrace":
		return !o.outer(place)
	case "./tracer/path":
		return place == len(o.series)-2
	}
	return true
}

func (o *options) check(rest []string, names, packages, once, modeList string) (err error) {
	if len(rest) > 0 {
		return fmt.Errorf("there are no arguments, only flags: %q", rest)
	}
	if o.series, err = kernels.Find(names); err != nil {
		return err
	}
	if _, err := regexp.Compile(o.run); err != nil {
		return fmt.Errorf("reading -run: %w", err)
	}
	o.packages = strings.Split(packages, ",")
	if once != "" {
		o.once = strings.Split(once, ",")
	}
	for mode := range strings.SplitSeq(modeList, ",") {
		if !slices.Contains(modes, mode) && mode != "" {
			return fmt.Errorf("there is no mode %q, choose from %s", mode, strings.Join(modes, ", "))
		}
		o.modes = append(o.modes, strings.TrimSuffix(mode, "auto"))
	}
	if o.parallel < 1 || o.timeout <= 0 {
		return errors.New("-parallel and -timeout have to be positive")
	}
	if o.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("there is no place for -cache: %w", err)
		}
		o.cache = filepath.Join(dir, "vethtrace", "kernels")
	}
	o.cache, err = filepath.Abs(o.cache)
	return err
}
