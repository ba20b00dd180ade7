// SPDX-License-Identifier: Apache-2.0

package cause

import "testing"

func TestCounters(t *testing.T) {
	const text = "Tcp: RtoAlgorithm InCsumErrors\nTcp: 1 7\nUdp: InDatagrams InCsumErrors\nUdp: 3 5\n"
	for group, want := range map[string]uint64{"Tcp:": 7, "Udp:": 5, "UdpLite:": 0} {
		if got := snmp(text, group, "InCsumErrors"); got != want {
			t.Errorf("%s: got %d, want %d", group, got, want)
		}
	}
	if got := snmp6("Udp6InErrors     1\nUdp6InCsumErrors  4\n", "Udp6InCsumErrors"); got != 4 {
		t.Errorf("got %d, want 4", got)
	}
}
