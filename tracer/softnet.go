// SPDX-License-Identifier: Apache-2.0

package tracer

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// readSoftnet reads /proc/net/softnet_stat, by CPU number. It is the same
// file in every network namespace.
func readSoftnet() (map[int]Softnet, error) {
	b, err := os.ReadFile("/proc/net/softnet_stat")
	if err != nil {
		return nil, fmt.Errorf("reading the kernel's backlog counters: %w", err)
	}
	return parseSoftnet(b)
}

// parseSoftnet understands the format of net/core/net-procfs.c,
// softnet_seq_show: hexadecimal columns, one line for each online CPU. Column
// 13, the CPU, is there since 5.10 (7d58e6555870); before, lines are CPUs.
func parseSoftnet(b []byte) (map[int]Softnet, error) {
	all := make(map[int]Softnet)
	lines := bufio.NewScanner(bytes.NewReader(b))
	for line := 0; lines.Scan(); line++ {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 11 {
			return nil, fmt.Errorf("reading the kernel's backlog counters: line %d has %d columns, want at least 11", line+1, len(fields))
		}
		v := make([]uint64, max(len(fields), 13))
		for i, f := range fields {
			n, err := strconv.ParseUint(string(f), 16, 32)
			if err != nil {
				return nil, fmt.Errorf("reading the kernel's backlog counters: line %d: %w", line+1, err)
			}
			v[i] = n
		}
		cpu := line
		if len(fields) >= 13 {
			cpu = int(v[12])
		}
		s := Softnet{
			Processed: v[0], Dropped: v[1], TimeSqueeze: v[2],
			ReceivedRPS: v[9], FlowLimit: v[10], BacklogLen: v[11],
		}
		// Columns 14 and 15 since about 6.5.
		if len(fields) >= 15 {
			s.InputLen, s.ProcessLen, s.HasLens = v[13], v[14], true
		}
		all[cpu] = s
	}
	return all, nil
}

// since returns the growth from an earlier reading. The columns are 32 bits
// wide and wrap.
func (s Softnet) since(start Softnet) Softnet {
	grown := func(now, then uint64) uint64 { return uint64(uint32(now) - uint32(then)) }
	return Softnet{
		Processed:   grown(s.Processed, start.Processed),
		Dropped:     grown(s.Dropped, start.Dropped),
		TimeSqueeze: grown(s.TimeSqueeze, start.TimeSqueeze),
		ReceivedRPS: grown(s.ReceivedRPS, start.ReceivedRPS),
		FlowLimit:   grown(s.FlowLimit, start.FlowLimit),
		BacklogLen:  s.BacklogLen, InputLen: s.InputLen, ProcessLen: s.ProcessLen, HasLens: s.HasLens,
	}
}
