// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/vethtrace/vethtrace/tracer"
)

// Mark is a setting that vethtrace lab changed while a trace ran, or undid.
type Mark struct {
	// TSNS is when it was written, or found to be undone: CLOCK_MONOTONIC.
	TSNS uint64
	// Lab is the name it was done under.
	Lab    string
	Undone bool
	// Setting is rps, rfs, sysctl, gro or qdisc; Key is that of a sysctl.
	Setting, Key string
	// Device has no ifindex and name when a sysctl was set.
	Device tracer.DeviceName
	// Before and After are the values. After is "" when it is not known.
	Before, After string
}

// String is what happened, in a line without the time.
func (m *Mark) String() string {
	where := m.Device.NetnsName
	if where == "" {
		where = fmt.Sprintf("namespace %d", m.Device.Netns)
	}
	what := m.Key
	if !strings.Contains(what, ".") { // as most write it
		what = strings.ReplaceAll(what, "/", ".")
	}
	if m.Device.Ifindex != 0 {
		what = m.Setting
		where += "/" + m.Device.Ifname
	}
	after := m.After
	if after == "" {
		after = "gone"
	}
	verb := "set"
	if m.Undone {
		verb = "undone"
	}
	return plain(fmt.Sprintf("%s of %s: %s -> %s (%s by lab %s)", what, where, m.Before, after, verb, m.Lab))
}

// WriteMark writes one mark, as Write does a hop.
func (hw *HopWriter) WriteMark(m *Mark) error {
	hw.buf = append(AppendMark(hw.buf[:0], m), '\n')
	if _, err := hw.w.Write(hw.buf); err != nil {
		return fmt.Errorf("writing mark: %w", err)
	}
	return nil
}

// AppendMark appends the mark as a JSON object, without a newline.
func AppendMark(b []byte, m *Mark) []byte {
	action := "set"
	if m.Undone {
		action = "undone"
	}
	b = appendUint(b, `{"type":"mark","ts_ns":`, m.TSNS)
	b = appendString(append(b, `,"lab":`...), m.Lab)
	b = appendString(append(b, `,"action":`...), action)
	b = appendString(append(b, `,"setting":`...), m.Setting)
	b = appendUint(b, `,"netns":`, uint64(m.Device.Netns))
	if m.Device.NetnsName != "" {
		b = appendString(append(b, `,"netns_name":`...), m.Device.NetnsName)
	}
	if m.Device.Ifindex != 0 {
		b = appendUint(b, `,"ifindex":`, uint64(m.Device.Ifindex))
		b = appendString(append(b, `,"ifname":`...), m.Device.Ifname)
	}
	if m.Key != "" {
		b = appendString(append(b, `,"key":`...), m.Key)
	}
	b = appendString(append(b, `,"before":`...), m.Before)
	if m.After != "" {
		b = appendString(append(b, `,"after":`...), m.After)
	}
	return append(b, '}')
}

// WriteMark writes one mark: the time, and what happened in place of all other
// columns. The error is the writer's.
func (t *HopText) WriteMark(m *Mark) error {
	b := t.appendTime(t.buf[:0], m.TSNS)
	b = append(append(b, "  MARK "...), m.String()...)
	return t.write(b, "mark")
}

// markJSON is a mark, written as it is between others.
type markJSON struct{ m *Mark }

// MarshalJSON implements [json.Marshaler].
func (j markJSON) MarshalJSON() ([]byte, error) { return AppendMark(nil, j.m), nil }

func marksOf(marks []Mark) []markJSON {
	all := make([]markJSON, len(marks))
	for i := range marks {
		all[i] = markJSON{&marks[i]}
	}
	return all
}

// MarkTime is when a mark was by the wall clock, in the location of Run.Started.
func MarkTime(run *tracer.Run, m *Mark) time.Time {
	return time.Unix(0, int64(m.TSNS)+run.WallOffsetNS).In(run.Started.Location())
}
