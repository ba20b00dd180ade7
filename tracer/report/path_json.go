// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"

	"github.com/vethtrace/vethtrace/tracer"
	packets "github.com/vethtrace/vethtrace/tracer/path"
)

type pathJSON struct {
	Type     string         `json:"type"`
	Schema   int            `json:"schema"`
	Kernel   string         `json:"kernel"`
	From     *pathNetnsJSON `json:"from,omitempty"`
	To       string         `json:"to,omitempty"`
	Addr     string         `json:"addr,omitempty"`
	Proto    string         `json:"proto,omitempty"`
	Port     *uint16        `json:"port,omitempty"`
	Watched  bool           `json:"watched"`
	Filter   string         `json:"filter,omitempty"`
	Packets  []journeyJSON  `json:"packets"`
	Outcomes outcomesJSON   `json:"outcomes"`
	Losses   pathLossesJSON `json:"losses"`
}

type pathNetnsJSON struct {
	Netns     uint32 `json:"netns"`
	NetnsName string `json:"netns_name,omitempty"`
}

type journeyJSON struct {
	Number int            `json:"number"`
	Netns  pathNetnsJSON  `json:"netns"`
	Flow   flowJSON       `json:"flow"`
	SentNS uint64         `json:"sent_ns"`
	Answer *uint64        `json:"answer_ns,omitempty"`
	Resent int            `json:"resent"`
	Out    []sightingJSON `json:"out"`
	Back   []sightingJSON `json:"back"`
	End    endJSON        `json:"end"`
	Cause  *causeJSON     `json:"cause,omitempty"`
}

type sightingJSON struct {
	TSNS   uint64         `json:"ts_ns"`
	Point  string         `json:"point"`
	CPU    int            `json:"cpu"`
	Netns  pathNetnsJSON  `json:"netns"`
	Device *deviceJSON    `json:"device,omitempty"`
	Flow   flowJSON       `json:"flow"`
	Len    uint32         `json:"len_bytes"`
	TTL    uint8          `json:"ttl"`
	Drop   *pathDropJSON  `json:"drop,omitempty"`
	ICMP   *icmpErrorJSON `json:"icmp,omitempty"`
}

type pathDropJSON struct {
	Reason   string   `json:"reason,omitempty"`
	Function string   `json:"function,omitempty"`
	Stack    []string `json:"stack,omitempty"`
}

type icmpErrorJSON struct {
	Proto string  `json:"proto"`
	Type  uint8   `json:"icmp_type"`
	Code  uint8   `json:"icmp_code"`
	MTU   *uint32 `json:"mtu_bytes,omitempty"`
	From  string  `json:"from"`
	Text  string  `json:"text"`
}

type endJSON struct {
	Outcome  string         `json:"outcome"`
	OfAnswer bool           `json:"of_answer"`
	Netns    pathNetnsJSON  `json:"netns"`
	In       *deviceJSON    `json:"in,omitempty"`
	Out      *deviceJSON    `json:"out,omitempty"`
	Flow     flowJSON       `json:"flow"`
	Last     *sightingJSON  `json:"last,omitempty"`
	ICMP     *icmpErrorJSON `json:"icmp,omitempty"`
	Error    string         `json:"error,omitempty"`
}

type causeJSON struct {
	ID       string   `json:"id"`
	Sentence string   `json:"sentence"`
	Evidence []string `json:"evidence"`
	Cure     []string `json:"cure"`
	Sure     bool     `json:"sure"`
}

type outcomesJSON struct {
	Answered  int `json:"answered"`
	Delivered int `json:"delivered"`
	Dropped   int `json:"dropped"`
	Refused   int `json:"refused"`
	Left      int `json:"left"`
	Vanished  int `json:"vanished"`
	NotSent   int `json:"not_sent"`
}

type pathLossesJSON struct {
	Ringbuf   uint64 `json:"ringbuf"`
	TableFull uint64 `json:"table_full"`
	Recursion uint64 `json:"recursion"`
}

// WritePathJSON writes one JSON document of type "path", on one line. The error
// is the writer's.
func WritePathJSON(w io.Writer, p *Path) error {
	doc := pathJSON{
		Type: "path", Schema: SchemaVersion, Kernel: p.Result.Kernel, Watched: p.Watched, Filter: p.Filter,
		Packets:  []journeyJSON{},
		Outcomes: outcomesOf(p.Result.Journeys), Losses: pathLossesJSON(p.Result.Losses),
	}
	if !p.Watched {
		from := pathNetns(p.From)
		doc.From, doc.To, doc.Addr = &from, p.To, p.Addr.String()
		doc.Proto = string(appendProto(nil, p.Proto))
		if p.Port != 0 {
			doc.Port = &p.Port
		}
	}
	for i := range p.Result.Journeys {
		doc.Packets = append(doc.Packets, journeyOf(&p.Result.Journeys[i], p.cause(i)))
	}
	return writeLine(w, doc, "path")
}

func pathNetns(n tracer.Netns) pathNetnsJSON { return pathNetnsJSON{n.Inode, n.Name} }

func journeyOf(j *packets.Journey, c *Cause) journeyJSON {
	p := &j.Probe
	doc := journeyJSON{
		Number: p.Number, Netns: pathNetns(p.Netns), Flow: flowOf(&p.Flow), SentNS: p.SentNS, Resent: p.Resent,
		Out: sightingsOf(j.Out), Back: sightingsOf(j.Back), End: endOf(&j.End),
	}
	if p.AnswerNS != 0 {
		doc.Answer = &p.AnswerNS
	}
	if c != nil {
		doc.Cause = &causeJSON{c.ID, c.Sentence, list(c.Evidence), list(c.Cure), c.Sure}
	}
	return doc
}

func sightingsOf(seen []packets.Sighting) []sightingJSON {
	all := make([]sightingJSON, len(seen))
	for i := range seen {
		all[i] = sightingOf(&seen[i])
	}
	return all
}

func sightingOf(s *packets.Sighting) sightingJSON {
	doc := sightingJSON{
		TSNS: s.TSNS, Point: s.Point.String(), CPU: s.CPU, Netns: pathNetnsJSON{s.Device.Netns, s.Device.NetnsName},
		Device: pathDevice(&s.Device), Flow: flowOf(&s.Flow), Len: s.LenBytes, TTL: s.TTL, ICMP: icmpErrorOf(s.ICMP),
	}
	if s.Drop != nil {
		doc.Drop = &pathDropJSON{s.Drop.Reason, s.Drop.Function, s.Drop.Stack}
	}
	return doc
}

// pathDevice is nil for a place that has no device.
func pathDevice(d *tracer.DeviceName) *deviceJSON {
	if d == nil || d.Ifindex == 0 {
		return nil
	}
	doc := deviceOf(*d)
	return &doc
}

func icmpErrorOf(e *packets.ICMPError) *icmpErrorJSON {
	if e == nil {
		return nil
	}
	doc := &icmpErrorJSON{
		Proto: string(appendProto(nil, e.Proto)), Type: e.Type, Code: e.Code,
		From: e.From.WithZone("").String(), Text: icmpName(e),
	}
	if e.MTU != 0 {
		doc.MTU = &e.MTU
	}
	return doc
}

func endOf(e *packets.End) endJSON {
	doc := endJSON{
		Outcome: e.Outcome.String(), OfAnswer: e.Answer, Netns: pathNetns(e.Netns),
		In: pathDevice(e.In), Out: pathDevice(e.Out), Flow: flowOf(&e.Flow), ICMP: icmpErrorOf(e.ICMP),
	}
	if e.Last != nil {
		last := sightingOf(e.Last)
		doc.Last = &last
	}
	if e.Error != nil {
		doc.Error = fmt.Sprint(e.Error)
	}
	return doc
}

func outcomesOf(all []packets.Journey) (n outcomesJSON) {
	for i := range all {
		switch all[i].End.Outcome {
		case packets.Answered:
			n.Answered++
		case packets.Delivered:
			n.Delivered++
		case packets.Dropped:
			n.Dropped++
		case packets.Refused:
			n.Refused++
		case packets.Left:
			n.Left++
		case packets.Vanished:
			n.Vanished++
		case packets.NotSent:
			n.NotSent++
		}
	}
	return n
}
