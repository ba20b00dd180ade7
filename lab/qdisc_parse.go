// SPDX-License-Identifier: Apache-2.0

package lab

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
)

// parseQdisc makes a queueing discipline of the words that tc takes, of which
// only those for common experiments are known.
func parseQdisc(text string, attrs netlink.QdiscAttrs) (netlink.Qdisc, error) {
	if strings.HasSuffix(text, defaultMark) {
		return &netlink.GenericQdisc{QdiscAttrs: attrs, QdiscType: strings.TrimSuffix(text, defaultMark)}, nil
	}
	kind, rest, _ := strings.Cut(text, " ")
	words := strings.Fields(rest)
	var q netlink.Qdisc
	var err error
	switch kind {
	case "fq":
		q = netlink.NewFq(attrs)
	case "fq_codel":
		q = netlink.NewFqCodel(attrs)
	case "pfifo_fast":
		q = &netlink.GenericQdisc{QdiscAttrs: attrs, QdiscType: kind}
	case "tbf":
		return parseTbf(words, attrs)
	case "netem":
		return parseNetem(words, attrs)
	default:
		return nil, fmt.Errorf("queueing discipline %q: want fq, fq_codel, pfifo_fast, tbf or netem", kind)
	}
	if len(words) > 0 {
		err = fmt.Errorf("queueing discipline %s: the lab knows no options of it, such as %q", kind, words[0])
	}
	return q, err
}

// parseTbf wants rate, burst and limit.
func parseTbf(words []string, attrs netlink.QdiscAttrs) (netlink.Qdisc, error) {
	var burst uint32
	q := &netlink.Tbf{QdiscAttrs: attrs}
	err := eachOption(words, func(name string, next func() string) (err error) {
		switch name {
		case "rate":
			q.Rate, err = parseRate(next())
		case "burst":
			burst, err = parseSize(next())
		case "limit":
			q.Limit, err = parseSize(next())
		default:
			err = errors.New("unknown option")
		}
		return err
	})
	if err == nil && (q.Rate == 0 || burst == 0 || q.Limit == 0) {
		err = errors.New("want rate, burst and limit, such as rate 100mbit burst 32kb limit 1mb")
	}
	if err != nil {
		return nil, fmt.Errorf("queueing discipline tbf: %w", err)
	}
	// In ticks of the scheduler: netlink.Xmittime rounds to whole microseconds.
	q.Buffer = uint32(float64(burst) / float64(q.Rate) * 1e6 * netlink.TickInUsec())
	return q, nil
}

// parseNetem wants delay [jitter], loss, duplicate, reorder in percent, limit in
// packets, or rate.
func parseNetem(words []string, attrs netlink.QdiscAttrs) (netlink.Qdisc, error) {
	var n netlink.NetemQdiscAttrs
	err := eachOption(words, func(name string, next func() string) (err error) {
		switch name {
		case "delay":
			n.Latency, err = parseMicroseconds(next())
		case "jitter":
			n.Jitter, err = parseMicroseconds(next())
		case "loss":
			n.Loss, err = parsePercent(next())
		case "duplicate":
			n.Duplicate, err = parsePercent(next())
		case "reorder":
			n.ReorderProb, err = parsePercent(next())
		case "limit":
			n.Limit, err = parseCount(next())
		case "rate":
			n.Rate64, err = parseRate(next())
		default:
			err = errors.New("unknown option: the lab knows delay, loss, duplicate, reorder, limit and rate")
		}
		return err
	})
	if err == nil && n.ReorderProb > 0 && n.Latency == 0 {
		err = errors.New("reorder needs a delay, which the reordered packets skip")
	}
	if err != nil {
		return nil, fmt.Errorf("queueing discipline netem: %w", err)
	}
	return netlink.NewNetem(attrs, n), nil
}

// eachOption calls fn with each option; next takes the word after it. A second
// time after delay is its jitter, as for tc.
func eachOption(words []string, fn func(name string, next func() string) error) error {
	for i := 0; i < len(words); {
		name := words[i]
		i++
		if i >= 3 && words[i-3] == "delay" {
			if _, err := time.ParseDuration(name); err == nil {
				name, i = "jitter", i-1
			}
		}
		next := func() (word string) {
			if i < len(words) {
				word = words[i]
				i++
			}
			return word
		}
		if err := fn(name, next); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func parseMicroseconds(text string) (uint32, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > time.Minute {
		return 0, fmt.Errorf("%q is not a time up to a minute, such as 10ms", text)
	}
	return uint32(d.Microseconds()), nil
}

func parsePercent(text string) (float32, error) {
	f, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 32)
	if err != nil || !(f >= 0 && f <= 100) || !strings.HasSuffix(text, "%") {
		return 0, fmt.Errorf("%q is not a percentage, such as 1%%", text)
	}
	return float32(f), nil
}

func parseCount(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is not a number of packets", text)
	}
	return uint32(n), nil
}

// parseRate returns bytes a second.
func parseRate(text string) (uint64, error) {
	for _, unit := range []struct {
		suffix string
		bits   float64
	}{{"gbit", 1e9}, {"mbit", 1e6}, {"kbit", 1e3}} {
		if digits, ok := strings.CutSuffix(text, unit.suffix); ok {
			if f, err := strconv.ParseFloat(digits, 64); err == nil && f > 0 && f < 1e6 {
				return uint64(f * unit.bits / 8), nil
			}
		}
	}
	return 0, fmt.Errorf("%q is not a rate, such as 100mbit", text)
}

// parseSize returns bytes.
func parseSize(text string) (uint32, error) {
	factor := uint64(1)
	digits := text
	for suffix, f := range map[string]uint64{"kb": 1 << 10, "mb": 1 << 20} {
		if d, ok := strings.CutSuffix(text, suffix); ok {
			digits, factor = d, f
		}
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 || n*factor > 1<<31 {
		return 0, fmt.Errorf("%q is not a size, such as 32kb", text)
	}
	return uint32(n * factor), nil
}
