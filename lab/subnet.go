// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
)

// subnets is how many labs can stand at once: 10.77.1.0/24 to 10.77.254.0/24.
const subnets = 254

// chooseSubnet picks the n of 10.77.n.0/24 and fd77:n::/64. The same name gets
// the same n unless another lab has it. Each lab could use the same one, being
// alone in its namespaces; different ones let a reader tell flows apart.
func chooseSubnet(name string, taken map[int]bool) (int, error) {
	h := fnv.New32a()
	h.Write([]byte(name))
	first := int(h.Sum32() % subnets)
	if name == DefaultName {
		first = 0
	}
	for i := range subnets {
		if n := (first+i)%subnets + 1; !taken[n] {
			return n, nil
		}
	}
	return 0, errors.New("all 254 subnets 10.77.n.0/24 are in use by labs")
}

// prefixes are the addresses of end 0 or 1 in subnet n. The n of the IPv6
// prefix is written with the same digits as in IPv4, to be read the same.
func prefixes(n, end int) (v4, v6 netip.Prefix) {
	return netip.MustParsePrefix(fmt.Sprintf("10.77.%d.%d/24", n, end+1)),
		netip.MustParsePrefix(fmt.Sprintf("fd77:%d::%d/64", n, end+1))
}
