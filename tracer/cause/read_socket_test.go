// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

const tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000081 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 0 10 -1
`

const udp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  12: 00000000000000000000000000000000:0035 00000000000000000000000000000000:0000 07 00000000:00000500 00:00000000 00000000     0        0 3 2 0 42
  13: 010088FD000000000000000002000000:0036 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4 2 0 0
 bad: line
`

func TestParseSockets(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the tables above are those of a little-endian machine")
	}
	for _, c := range []struct {
		table     string
		listening bool
		want      []Socket
	}{
		{tcpTable, true, []Socket{{Addr: netip.MustParseAddrPort("127.0.0.1:8080"), Queue: 0x81}}},
		{udp6Table, false, []Socket{
			{Addr: netip.MustParseAddrPort("[::]:53"), Queue: 0x500, Drops: 42},
			{Addr: netip.MustParseAddrPort("[fd88:1::2]:54")},
		}},
		{"", true, nil},
	} {
		if got := parseSockets(strings.NewReader(c.table), c.listening); !reflect.DeepEqual(got, c.want) {
			t.Errorf("got %+v, want %+v", got, c.want)
		}
	}
}

func TestTakes(t *testing.T) {
	to := netip.MustParseAddrPort("10.0.0.1:53")
	for addr, want := range map[string]bool{
		"0.0.0.0:53": true, "[::]:53": true, "10.0.0.1:53": true, "10.0.0.2:53": false, "0.0.0.0:54": false,
	} {
		if got := (Socket{Addr: netip.MustParseAddrPort(addr)}).takes(to); got != want {
			t.Errorf("%s: got %t, want %t", addr, got, want)
		}
	}
}
