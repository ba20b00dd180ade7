// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
)

// WritePath writes for people, in ASCII, where packets went and ended: those
// that went the same way once, with the range of their times. Tables are fitted
// to width columns where they can be; 0 means no limit. The error is the
// writer's.
func WritePath(w io.Writer, p *Path, width int) error {
	var b strings.Builder
	b.WriteString(pathHead(p) + "\n")
	if len(p.Result.Journeys) == 0 {
		b.WriteString("nothing was seen\n")
	}
	for _, g := range pathGroups(p) {
		b.WriteByte('\n')
		g.write(&b, width)
	}
	if lost := pathLosses(p.Result.Losses); lost != "" {
		wrap(&b, lost, width)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing path: %w", err)
	}
	return nil
}

// pathHead is the answer in one line.
func pathHead(p *Path) string {
	count := make(map[string]int)
	var order []string
	for i := range p.Result.Journeys {
		word := outcomeWord(&p.Result.Journeys[i].End)
		if count[word] == 0 {
			order = append(order, word)
		}
		count[word]++
	}
	var parts []string
	for _, word := range order {
		parts = append(parts, fmt.Sprintf("%s %d/%d", word, count[word], len(p.Result.Journeys)))
	}
	head := plain(p.To)
	if addr := p.Addr.String(); !p.Watched && p.To != addr {
		head += " (" + plain(addr) + ")"
	}
	if p.Watched {
		head = "packets of all traffic"
		if p.Filter != "" {
			head = "packets of " + plain(p.Filter)
		}
	} else {
		head += ", " + string(appendProto(nil, p.Proto))
		if p.Port != 0 {
			head += fmt.Sprintf(" port %d", p.Port)
		}
		head += ", from " + netnsText(p.From)
	}
	if parts == nil {
		return head
	}
	return head + ": " + strings.Join(parts, ", ")
}

// outcomeWord is the outcome for people.
func outcomeWord(e *packets.End) string {
	word := strings.ReplaceAll(e.Outcome.String(), "_", " ")
	if e.Answer && e.Outcome != packets.Answered {
		word = "answer " + word
	}
	return word
}

func netnsText(n tracer.Netns) string {
	if n.Name == "" {
		return fmt.Sprintf("netns %d", n.Inode)
	}
	return plain(n.Name)
}

// write appends the steps of a group, how it ended and why.
func (g *pathGroup) write(b *strings.Builder, width int) {
	first := g.journeys[0]
	wrap(b, g.title()+wayText(g.steps[0]), width)
	t := g.table()
	if len(g.steps[0]) > 0 {
		t.fit(width)
		t.print(b)
	}
	wrap(b, g.endText(), width)
	if s := first.End.Last; s != nil && s.Drop != nil && s.Drop.Stack != nil {
		wrap(b, "stack: "+plain(strings.Join(s.Drop.Stack, " < ")), width)
	}
	if g.cause != nil {
		writeCause(b, g.cause, width)
	}
}

func (g *pathGroup) title() string {
	var numbers []string
	for _, j := range g.journeys {
		numbers = append(numbers, fmt.Sprint(j.Probe.Number))
	}
	const most = 8
	if len(numbers) > most {
		numbers = append(numbers[:most], "...")
	}
	if len(numbers) == 1 {
		return "packet " + numbers[0]
	}
	return "packets " + strings.Join(numbers, ", ")
}

// wayText names the devices there and back.
func wayText(steps []pathStep) string {
	var out, back []tracer.DeviceName
	for _, s := range steps {
		way := &out
		if s.back {
			way = &back
		}
		if n := len(*way); s.at.Device.Ifindex != 0 && (n == 0 || (*way)[n-1] != s.at.Device) {
			*way = append(*way, s.at.Device)
		}
	}
	text := ""
	if out != nil {
		text = ": " + devicesWay(out)
	}
	reversed := slices.Clone(back)
	slices.Reverse(reversed)
	switch {
	case back == nil:
	case slices.Equal(reversed, out):
		text += ", and the same way back"
	default:
		text += "; back: " + devicesWay(back)
	}
	return text
}

// devicesWay names devices, those of one namespace behind its name.
func devicesWay(way []tracer.DeviceName) string {
	var b strings.Builder
	for i, d := range way {
		name := FormatDevice(d)
		if i > 0 {
			b.WriteString(" > ")
			if d.Netns == way[i-1].Netns && d.Ifname != "" {
				name = plain(d.Ifname)
			}
		}
		b.WriteString(name)
	}
	return b.String()
}

func (s pathStep) startsBack(steps []pathStep, i int) bool {
	return s.back && (i == 0 || !steps[i-1].back)
}

// table is the steps of a group, one a line.
func (g *pathGroup) table() *table {
	columns := []column{
		{title: "after"}, {title: "CPU", left: true}, {title: "device", left: true, least: 12},
		{title: "", left: true}, {title: "TTL", drop: 1}, {title: "bytes", drop: 2}, {title: "addresses", left: true},
	}
	before := -1
	for i, s := range g.steps[0] {
		if s.startsBack(g.steps[0], i) {
			before = -1
		}
		for c, cell := range []string{
			g.times(i), g.cpus(i), deviceText(s.at.Device), s.what, fmt.Sprint(s.at.TTL), fmt.Sprint(s.at.LenBytes),
			g.addresses(i, before),
		} {
			columns[c].cells = append(columns[c].cells, cell)
		}
		before = i
	}
	return &table{columns}
}

func deviceText(d tracer.DeviceName) string {
	if d.Ifindex != 0 {
		return FormatDevice(d)
	}
	if d.NetnsName == "" {
		return fmt.Sprintf("%d/-", d.Netns)
	}
	return plain(d.NetnsName) + "/-"
}

// times is when the step was reached, of several journeys from the soonest to
// the latest.
func (g *pathGroup) times(step int) string {
	var all []uint64
	for n, j := range g.journeys {
		all = append(all, less(g.steps[n][step].at.TSNS, j.Probe.SentNS))
	}
	low, high := FormatNS(slices.Min(all)), FormatNS(slices.Max(all))
	if low == high {
		return low
	}
	return low + ".." + high
}

func (g *pathGroup) cpus(step int) string {
	var all []int
	for _, steps := range g.steps {
		all = append(all, steps[step].at.CPU)
	}
	slices.Sort(all)
	var b strings.Builder
	for i, cpu := range slices.Compact(all) {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprint(&b, cpu)
	}
	return b.String()
}

// addresses are shown where they are new: at the beginning, and where NAT
// changed them since the step before, -1 for none.
func (g *pathGroup) addresses(step, before int) string {
	s := g.steps[0][step].at
	var was *packets.Sighting
	if before >= 0 {
		was = g.steps[0][before].at
	}
	switch {
	case s.ICMP != nil && (was == nil || was.ICMP == nil):
		return g.flowText(step) + " " + icmpName(s.ICMP)
	case s.Drop != nil:
		return dropText(s.Drop)
	case was == nil:
		return g.flowText(step)
	case s.Flow == was.Flow, s.ICMP == nil && was.ICMP != nil:
		return ""
	}
	var changed []string
	src, dst := g.samePorts(before)
	if s.Flow.Src != was.Flow.Src {
		changed = append(changed, "source was "+endpoint(was.Flow.Src, src))
	}
	if s.Flow.Dst != was.Flow.Dst {
		changed = append(changed, "destination was "+endpoint(was.Flow.Dst, dst))
	}
	if changed == nil {
		changed = []string{fmt.Sprintf("id was %d", was.Flow.ID)}
	}
	return g.flowText(step) + "  (NAT: " + strings.Join(changed, ", ") + ")"
}
