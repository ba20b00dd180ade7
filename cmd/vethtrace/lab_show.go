// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/vethtrace/vethtrace/lab"
)

func newLabShow(name *string) *command {
	var asJSON bool
	cmd := &command{
		Use:     "show",
		Short:   "Show the lab as it stands, and what was changed",
		Example: "  vethtrace lab show --json",
		Args:    noArgs,
		RunE: func(*command, []string) error {
			l, err := lab.Show(*name)
			if errors.Is(err, lab.ErrNoLab) {
				// There may be changes without a lab.
				changes, changesErr := lab.Changes(*name)
				if changesErr != nil {
					return err
				}
				l, err = &lab.Lab{Name: *name, Changes: changes}, nil
			}
			if err != nil {
				return err
			}
			if asJSON {
				return writeLabJSON(os.Stdout, l)
			}
			return writeLab(os.Stdout, l)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func writeLab(w io.Writer, l *lab.Lab) error {
	text := fmt.Sprintf("lab %s", l.Name)
	if l.Shape.Topology != "" && l.Shape.Topology != lab.Veth {
		text += "  " + l.Shape.String()
	}
	text += "\n"
	for _, e := range labEnds(l) {
		state := "down"
		if e.Up {
			state = "up"
		}
		text += fmt.Sprintf("  %s/%s  netns %d  ifindex %d  %s  %s  %s  %s  rx %d  tx %d packets\n",
			e.Netns, e.Ifname, e.NetnsInode, e.Ifindex, state, e.MAC, e.IPv4, e.IPv6, e.RXPackets, e.TXPackets)
	}
	for _, c := range l.Changes {
		text += fmt.Sprintf("  changed %s\n", c)
	}
	_, err := io.WriteString(w, text)
	return err
}

// labEnds are all of them: containers, host, uplink.
func labEnds(l *lab.Lab) []lab.End {
	ends := append([]lab.End(nil), l.Containers...)
	for _, e := range []*lab.End{l.Host, l.Uplink} {
		if e != nil {
			ends = append(ends, *e)
		}
	}
	return ends
}
