// SPDX-License-Identifier: Apache-2.0

// Package gen holds the compiled BPF programs and the Go types of what they
// share with user space. Everything else here is generated from ../bpf by
// `make generate` and committed, so that building needs no clang.
package gen

//go:generate go tool bpf2go -target amd64,arm64 -go-package gen -output-stem vethtrace -type order_mark -type reorder_event -type tcp_event Vethtrace ../bpf/vethtrace.bpf.c -- -I../bpf -I/usr/include -mcpu=v3 -Wall -Werror
//go:generate go tool bpf2go -target amd64,arm64 -go-package gen -output-stem bench Bench ../bpf/bench.bpf.c -- -I../bpf -I/usr/include -mcpu=v3 -Wall -Werror
//go:generate go tool bpf2go -target amd64,arm64 -go-package gen -output-stem ordertest OrderTest ../bpf/ordertest.bpf.c -- -I../bpf -I/usr/include -mcpu=v3 -Wall -Werror
//go:generate go tool bpf2go -target amd64,arm64 -go-package gen -output-stem follow -type follow_key -type follow_id -type follow_cpu Follow ../bpf/follow.bpf.c -- -I../bpf -I/usr/include -mcpu=v3 -Wall -Werror
