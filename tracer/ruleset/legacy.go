// SPDX-License-Identifier: Apache-2.0

package ruleset

import (
	"os"

	"github.com/vethtrace/vethtrace/nsenter"
)

// legacy says whether iptables-legacy has tables in a namespace, and so whether
// it may have rules.
func legacy(ns *os.File) (has bool) {
	_ = nsenter.In(ns, func() error { // a guess, and no more
		for _, file := range []string{"ip_tables_names", "ip6_tables_names"} {
			data, err := os.ReadFile("/proc/thread-self/net/" + file)
			has = has || err == nil && len(data) > 0
		}
		return nil
	})
	return has
}
