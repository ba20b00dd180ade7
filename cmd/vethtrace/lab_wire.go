// SPDX-License-Identifier: Apache-2.0

package main

import (
	"github.com/spf13/pflag"

	"github.com/vethtrace/vethtrace/lab"
)

// wireFlags say which connection is used instead of one that the lab makes.
type wireFlags struct {
	lab.Wire
}

func (w *wireFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&w.Remote, "remote", "", "use a wire that is there, to the machine that this `namespace` stands for")
	flags.StringVar(&w.RemoteDevice, "remote-dev", "eth0", "`device` at the other end of the wire")
	flags.StringVar(&w.Device, "dev", "eth0", "`device` of the host at the wire")
	flags.StringVar(&w.Host, "host", "", "`namespace` of the host at the wire (default that of the command)")
}

// wire is nil if none was asked for. Its namespaces are as given.
func (w *wireFlags) wire(flags *pflag.FlagSet) (*lab.Wire, error) {
	if w.Remote != "" {
		return &w.Wire, nil
	}
	for _, name := range []string{"remote-dev", "dev", "host"} {
		if flags.Changed(name) {
			return nil, usagef("--%s is of a wire, which needs --remote", name)
		}
	}
	return nil, nil
}

// findWire finds the namespaces of a wire, if there is one.
func findWire(w *lab.Wire) (err error) {
	if w == nil {
		return nil
	}
	if w.Host, err = labNetns("", w.Host); err != nil {
		return err
	}
	w.Remote, err = labNetns("", w.Remote)
	return err
}
