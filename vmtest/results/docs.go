// SPDX-License-Identifier: Apache-2.0

package results

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

const docsHead = `# Compatibility

Written by ` + "`make compatibility`" + ` from the last whole run of ` + "`make test-vm`" + `, not by hand: the tests
that need a kernel, run in Debian's cloud kernels. Those of ./tracer are run in
every mode; ` + "`auto`" + ` leaves the choice of hooks to the tracer. A + is a parameter of
the kernel, with which only the tests of that are run.

`

// Docs renders runs as Markdown: the same results make the same text.
func Docs(w io.Writer, runs []Run) error {
	var b strings.Builder
	b.WriteString(docsHead)
	b.WriteString("| kernel | release | mode | tests of | passed | failed | skipped |\n|---|---|---|---|--:|--:|--:|\n")
	for _, r := range runs {
		c := r.Count()
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %d | %d | %d |\n",
			r.Kernel, r.ReleaseName(), r.ModeName(), strings.Join(r.Packages(), ", "), c.Passed, c.Failed, c.Skipped)
	}
	writeTests(&b, "Skipped", runs, Skip)
	writeTests(&b, "Failed", runs, Fail)
	writeChecks(&b, runs)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeTests lists the tests of one status, each with the runs it was in.
func writeTests(b *strings.Builder, title string, runs []Run, status Status) {
	type row struct{ test, reason string }
	where := map[row][]Run{}
	for _, r := range runs {
		for _, t := range r.Tests {
			if t.Status == status {
				key := row{t.FullName(), t.Reason}
				where[key] = append(where[key], r)
			}
		}
	}
	if len(where) == 0 {
		return
	}
	var rows []row
	for key := range where {
		rows = append(rows, key)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return strings.Compare(a.test+"\x00"+a.reason, b.test+"\x00"+b.reason)
	})
	fmt.Fprintf(b, "\n## %s\n\n| test | where | why |\n|---|---|---|\n", title)
	escape := strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ")
	for _, key := range rows {
		fmt.Fprintf(b, "| %s | %s | %s |\n", escape.Replace(key.test),
			places(where[key], ranIn(runs, key.test)), escape.Replace(key.reason))
	}
}

func writeChecks(b *strings.Builder, runs []Run) {
	title := "\n## What `vethtrace check` says there\n"
	for _, r := range runs {
		if r.Check != nil {
			fmt.Fprintf(b, "%s\n### %s\n\n```\n%s\n```\n", title, r.Kernel, strings.Join(r.Check, "\n"))
			title = ""
		}
	}
}
