// SPDX-License-Identifier: Apache-2.0

package path

import (
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/vethtrace/vethtrace/lab"
)

// BenchmarkOthers measures what following costs packets that are not followed:
// TCP and UDP while a ping is, and pings of others.
func BenchmarkOthers(b *testing.B) {
	if unix.Geteuid() != 0 {
		b.Skip("needs root")
	}
	l, err := lab.Up(lab.Options{Name: "path-bench"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := lab.Down(l.Name); err != nil {
			b.Error(err)
		}
	})
	stats, err := ebpf.EnableStats(unix.BPF_STATS_RUN_TIME)
	if err != nil {
		b.Fatal(err)
	}
	defer stats.Close()
	const count = 20000
	for name, traffic := range map[string]lab.Traffic{
		"tcp": lab.RequestResponse{Count: count, CPU: -1}, "ping": lab.Ping{Count: count, CPU: -1},
	} {
		b.Run(name, func(b *testing.B) {
			f, err := startFollower(following{proto: protoICMP})
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			for b.Loop() {
				if _, err := traffic.Run(b.Context(), l); err != nil {
					b.Fatal(err)
				}
			}
			var runs, ns float64
			for _, p := range f.coll.Programs {
				s, err := p.Stats()
				if err != nil {
					b.Fatal(err)
				}
				runs, ns = runs+float64(s.RunCount), ns+float64(s.Runtime)
			}
			b.ReportMetric(ns/runs, "ns/run")
			b.ReportMetric(runs/float64(b.N)/count, "runs/packet")
		})
	}
}
