// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/vethtrace/vethtrace/tracer"
)

func newCheck() *command {
	var asJSON bool
	cmd := &command{
		Use:   "check",
		Short: "Say whether tracing will work here, and what to do if not",
		Long: `check looks at the kernel, its type information, the rights of this process and
the hooks, then loads and attaches everything and removes it again. It exits
with 0 only if tracing will work.`,
		Example: "  vethtrace check && vethtrace top",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			checks, mode := tracer.Checks(tracer.ModeAuto)
			write := writeChecks
			if asJSON {
				write = writeChecksJSON
			}
			if err := write(os.Stdout, checks, mode); err != nil {
				return fmt.Errorf("writing the checks: %w", err)
			}
			if mode == "" {
				return exitStatus(exitFailure)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func writeChecks(w io.Writer, checks []tracer.Check, mode tracer.Mode) error {
	for _, c := range checks {
		mark := "ok  "
		switch {
		case c.OK():
		case c.Optional:
			mark = "note"
		default:
			mark = "FAIL"
		}
		if _, err := fmt.Fprintf(w, "%s  %-38s %s\n", mark, c.Name, c.Found); err != nil {
			return err
		}
		if c.Missing != "" {
			if _, err := fmt.Fprintf(w, "      %s\n", c.Missing); err != nil {
				return err
			}
		}
	}
	verdict := "Tracing will work, in " + string(mode) + " mode."
	if mode == "" {
		verdict = "Tracing will not work: see FAIL above."
	}
	_, err := fmt.Fprintf(w, "\n%s Kernel %s.\n", verdict, tracer.KernelRelease())
	return err
}

// checkJSON is one check in the JSON document.
type checkJSON struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Optional bool   `json:"optional"`
	Found    string `json:"found"`
	Missing  string `json:"missing,omitempty"`
}

func writeChecksJSON(w io.Writer, checks []tracer.Check, mode tracer.Mode) error {
	doc := struct {
		Type   string      `json:"type"`
		Schema int         `json:"schema"`
		Kernel string      `json:"kernel"`
		OK     bool        `json:"ok"`
		Mode   string      `json:"mode,omitempty"`
		Checks []checkJSON `json:"checks"`
	}{Type: "check", Schema: 1, Kernel: tracer.KernelRelease(), OK: mode != "", Mode: string(mode)}
	for _, c := range checks {
		doc.Checks = append(doc.Checks, checkJSON{c.Name, c.OK(), c.Optional, c.Found, c.Missing})
	}
	return json.NewEncoder(w).Encode(doc)
}
