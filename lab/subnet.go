// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os"
)

// subnets is how many labs can stand at once: 10.77.1.0/24 to 10.77.254.0/24.
const subnets = 254

// freeSubnet needs the lock, or is a guess.
func freeSubnet(name string) (int, error) {
	labs, err := List()
	if err != nil {
		return 0, err
	}
	taken := make(map[int]bool)
	for _, l := range labs {
		if l == name {
			continue
		}
		n, err := readSubnet(l)
		if err != nil {
			return 0, err
		}
		taken[n] = true
	}
	return chooseSubnet(name, taken)
}

// readSubnet also reads journals of other versions, and of a lab that goes
// meanwhile.
func readSubnet(lab string) (int, error) {
	b, err := os.ReadFile(journalPath(lab))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading journal: %w", err)
	}
	var j struct {
		Subnet int `json:"subnet"`
	}
	if err := json.Unmarshal(b, &j); err != nil {
		return 0, fmt.Errorf("decoding journal %s: %w", journalPath(lab), err)
	}
	return j.Subnet, nil
}

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

// The first number of the lab's two networks: that of the containers, and
// between the host and the uplink.
const (
	inside  = 77
	outside = 78
)

// addresses are an IPv4 and an IPv6 address for the same use.
type addresses struct{ v4, v6 netip.Prefix }

func (a addresses) both() []netip.Prefix { return []netip.Prefix{a.v4, a.v6} }

// addressesOf are those of a host in subnet n: 10.77.51.2/24 and fd77:51::2/64.
// The n of the IPv6 prefix is written with the same digits, to be read the same.
func addressesOf(network, n, host int) addresses {
	return addresses{
		netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.%d/24", network, n, host)),
		netip.MustParsePrefix(fmt.Sprintf("fd%d:%d::%d/64", network, n, host)),
	}
}

// pointToPoint are the addresses of end 0 (the host's) or 1 of the i-th link in
// subnet n: 10.77.51.1/30 and fd77:51:0:1::1/64.
func pointToPoint(n, i, end int) addresses {
	return addresses{
		netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.%d/30", inside, n, 4*i+end+1)),
		netip.MustParsePrefix(fmt.Sprintf("fd%d:%d:0:%d::%d/64", inside, n, i+1, end+1)),
	}
}

// wholeNetwork are the whole networks of subnet n: 10.77.51.0/24 and fd77:51::/48.
func wholeNetwork(network, n int) addresses {
	return addresses{
		netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.0/24", network, n)),
		netip.MustParsePrefix(fmt.Sprintf("fd%d:%d::/48", network, n)),
	}
}
