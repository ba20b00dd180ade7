// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/vethtrace/vethtrace/lab"
	"github.com/vethtrace/vethtrace/tracer/report"
)

func newLabTraffic(name *string) *command {
	var duration time.Duration
	var untilEOF, asJSON bool
	cmd := &command{
		Use:   "traffic",
		Short: "Send TCP, UDP and ping over the lab until Ctrl-C",
		Long: `traffic sends requests and responses and a 200 Mbit/s stream over TCP, UDP
packets and pings from end a of the lab to end b, and prints what it did.`,
		Example: "  vethtrace lab traffic -d 30s",
		Args:    noArgs,
		RunE: func(cmd *command, _ []string) error {
			if duration < 0 {
				return usagef("duration %v is negative", duration)
			}
			ctx, cancel := context.WithCancel(cmd.Context())
			defer cancel()
			if duration > 0 {
				ctx, cancel = context.WithTimeout(ctx, duration)
				defer cancel()
			}
			if untilEOF {
				go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
			}
			results, err := lab.Mixed(ctx, *name)
			if err != nil {
				return err
			}
			if asJSON {
				return writeMixedJSON(os.Stdout, *name, results)
			}
			return writeMixed(os.Stdout, results)
		},
	}
	cmd.Flags().DurationVarP(&duration, "duration", "d", 0, "end after this `time`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	cmd.Flags().BoolVar(&untilEOF, "until-eof", false, "end when standard input does")
	cobra.CheckErr(cmd.Flags().MarkHidden("until-eof"))
	cmd.AddCommand(newLabTrafficKinds(name)...)
	return cmd
}

func writeMixed(w io.Writer, results []lab.Result) error {
	for _, r := range results {
		_, err := fmt.Fprintf(w, "%-18s %10d transactions %10d packets %12d bytes %6d retransmits in %v\n",
			r.Kind, r.Transactions, r.Packets, r.Bytes, r.Retransmits, r.Duration.Round(time.Millisecond))
		if err != nil {
			return err
		}
	}
	return nil
}

// mixedJSON is the document of lab traffic without a kind.
type mixedJSON struct {
	Type    string            `json:"type"`
	Schema  int               `json:"schema"`
	Kind    string            `json:"kind"`
	Lab     string            `json:"lab"`
	Results []mixedResultJSON `json:"results"`
}

type mixedResultJSON struct {
	Kind string `json:"kind"`
	trafficResultJSON
}

func writeMixedJSON(w io.Writer, name string, results []lab.Result) error {
	doc := mixedJSON{Type: "traffic", Schema: report.SchemaVersion, Kind: "mixed", Lab: name}
	for i := range results {
		kind := results[i].Kind
		if kind == "request-response" {
			kind = "rr" // as the command is called
		}
		doc.Results = append(doc.Results, mixedResultJSON{kind, trafficResultOf(kind, &results[i])})
	}
	return json.NewEncoder(w).Encode(doc)
}
