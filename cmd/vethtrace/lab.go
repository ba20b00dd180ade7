// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/vethtrace/vethtrace/lab"
)

func newLab() *command {
	cmd := &command{
		Use:   "lab",
		Short: "Make a veth pair to try things on, and undo it completely",
		Long: `lab makes two network namespaces joined by a veth pair, in which nothing else
is. What it makes is written to a journal under /run/vethtrace before it is
made, so that lab down removes all of it, also after a crash. lab run shows a
cause and its cure on a lab of its own.`,
		Example: `  vethtrace lab up
  ip netns exec vethtrace-demo-a ping 10.77.1.2
  vethtrace lab down`,
		RunE: onlySubcommands,
	}
	name := cmd.PersistentFlags().String("name", lab.DefaultName, "`name` of the lab")
	cmd.AddCommand(newLabUp(name), newLabDown(name), newLabShow(name), newLabList(),
		newLabTraffic(name), newLabStream(name), newLabRun(name))
	return cmd
}

func newLabUp(name *string) *command {
	return &command{
		Use:     "up",
		Short:   "Make the lab; do nothing if it is there",
		Example: "  vethtrace lab up --name test1",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			l, err := lab.Up(lab.Options{Name: *name})
			if err != nil {
				return err
			}
			return writeLab(os.Stdout, l)
		},
	}
}

func newLabDown(name *string) *command {
	return &command{
		Use:     "down",
		Short:   "Remove the lab and every trace of it; do nothing if there is none",
		Example: "  vethtrace lab down --name test1",
		Args:    noArgs,
		RunE:    func(*command, []string) error { return lab.Down(*name) },
	}
}

func newLabShow(name *string) *command {
	var asJSON bool
	cmd := &command{
		Use:     "show",
		Short:   "Show the lab as it stands",
		Example: "  vethtrace lab show --json",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			l, err := lab.Show(*name)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(os.Stdout).Encode(labJSON(l))
			}
			return writeLab(os.Stdout, l)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func newLabList() *command {
	return &command{
		Use:     "list",
		Short:   "List the labs, also half made ones",
		Example: "  vethtrace lab list",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			names, err := lab.List()
			if err != nil || len(names) == 0 {
				return err
			}
			_, err = fmt.Println(strings.Join(names, "\n"))
			return err
		},
	}
}

func newLabTraffic(name *string) *command {
	var duration time.Duration
	var untilEOF bool
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
			return writeTraffic(os.Stdout, results)
		},
	}
	cmd.Flags().DurationVarP(&duration, "duration", "d", 0, "end after this `time`")
	cmd.Flags().BoolVar(&untilEOF, "until-eof", false, "end when standard input does")
	cobra.CheckErr(cmd.Flags().MarkHidden("until-eof"))
	return cmd
}

func writeTraffic(w io.Writer, results []lab.Result) error {
	for _, r := range results {
		_, err := fmt.Fprintf(w, "%-18s %10d transactions %10d packets %12d bytes %6d retransmits in %v\n",
			r.Kind, r.Transactions, r.Packets, r.Bytes, r.Retransmits, r.Duration.Round(time.Millisecond))
		if err != nil {
			return err
		}
	}
	return nil
}

func writeLab(w io.Writer, l *lab.Lab) error {
	text := fmt.Sprintf("lab %s\n", l.Name)
	for _, e := range l.Ends {
		state := "down"
		if e.Up {
			state = "up"
		}
		text += fmt.Sprintf("  %s/%s  netns %d  ifindex %d  %s  %s  %s  %s  rx %d  tx %d packets\n",
			e.Netns, e.Ifname, e.NetnsInode, e.Ifindex, state, e.MAC, e.IPv4, e.IPv6, e.RXPackets, e.TXPackets)
	}
	_, err := io.WriteString(w, text)
	return err
}

// labEndJSON is one end in the JSON document.
type labEndJSON struct {
	Netns     uint64 `json:"netns"`
	NetnsName string `json:"netns_name"`
	Ifindex   int    `json:"ifindex"`
	Ifname    string `json:"ifname"`
	MAC       string `json:"mac"`
	IPv4      string `json:"ipv4"`
	IPv6      string `json:"ipv6,omitempty"`
	Up        bool   `json:"up"`
	RXPackets uint64 `json:"rx_packets"`
	TXPackets uint64 `json:"tx_packets"`
}

func labJSON(l *lab.Lab) any {
	doc := struct {
		Type   string       `json:"type"`
		Schema int          `json:"schema"`
		Name   string       `json:"name"`
		Ends   []labEndJSON `json:"ends"`
	}{Type: "lab", Schema: 1, Name: l.Name}
	for _, e := range l.Ends {
		j := labEndJSON{
			Netns: e.NetnsInode, NetnsName: e.Netns, Ifindex: e.Ifindex, Ifname: e.Ifname,
			MAC: e.MAC.String(), IPv4: e.IPv4.String(), Up: e.Up,
			RXPackets: e.RXPackets, TXPackets: e.TXPackets,
		}
		if e.IPv6.IsValid() {
			j.IPv6 = e.IPv6.String()
		}
		doc.Ends = append(doc.Ends, j)
	}
	return doc
}
