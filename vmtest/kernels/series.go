// SPDX-License-Identifier: Apache-2.0

package kernels

import (
	"fmt"
	"strings"
)

// Series is a line of kernels and where Debian keeps it. No version is named
// here: old ones vanish from the archive with every update.
type Series struct {
	// Name is what the user calls it.
	Name string
	// Prefix is how the release of its kernels begins; empty takes any.
	Prefix string
	// Suites are searched together, the newest kernel wins.
	Suites []string
	// ThreadsBacklog says that it knows the parameter thread_backlog_napi
	// (6.10, dad6b9770263 "net: Allow to use SMP threads for backlog NAPI.").
	ThreadsBacklog bool
}

// All lists the series of the matrix, oldest first.
var All = []Series{
	{Name: "5.10", Prefix: "5.10.", Suites: []string{"bullseye", "bullseye-security"}},
	{Name: "6.1", Prefix: "6.1.", Suites: []string{"bookworm", "bookworm-security"}},
	{Name: "6.12", Prefix: "6.12.", Suites: []string{"bookworm-backports", "bookworm-security"}, ThreadsBacklog: true},
	{Name: "sid", Suites: []string{"sid"}, ThreadsBacklog: true},
}

// Find returns the series of these names, separated by commas.
func Find(names string) ([]Series, error) {
	var found []Series
	for name := range strings.SplitSeq(names, ",") {
		s, ok := find(name)
		if !ok {
			return nil, fmt.Errorf("there is no kernel %q, choose from %s", name, strings.Join(Names(), ", "))
		}
		found = append(found, s)
	}
	return found, nil
}

func find(name string) (Series, bool) {
	for _, s := range All {
		if s.Name == name {
			return s, true
		}
	}
	return Series{}, false
}

// Names lists what [Find] knows.
func Names() (names []string) {
	for _, s := range All {
		names = append(names, s.Name)
	}
	return names
}
