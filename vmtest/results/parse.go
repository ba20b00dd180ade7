// SPDX-License-Identifier: Apache-2.0

package results

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Marker begins a line of the testing package itself under -test.v=test2json.
const Marker = "\x16"

// Parser reads the output of one test binary run with -test.v, or better
// -test.v=test2json, line by line.
type Parser struct {
	pkg string
	// tests are in the order they started.
	tests   []*running
	current *running
	// marked says that the testing package marks its lines.
	marked bool
	// loose are the lines of no test.
	loose []string
}

type running struct {
	name   string
	status Status
	lines  []string
}

// NewParser starts with the name of the package.
func NewParser(pkg string) *Parser { return &Parser{pkg: pkg} }

var (
	resultLine = regexp.MustCompile(`^ *--- (PASS|FAIL|SKIP): (\S+) \([\d.]+s\)$`)
	switchLine = regexp.MustCompile(`^=== (RUN|CONT|NAME|PAUSE) +(\S*)$`)
)

// Line takes the next line.
func (p *Parser) Line(line string) {
	// The Marker stands where a line of testing starts, even after output
	// that did not end its own.
	if i := strings.Index(line, Marker); i > 0 {
		p.output(line[:i])
		line = line[i:]
	}
	unmarked := strings.TrimLeft(line, Marker)
	if p.marked = p.marked || unmarked != line; p.marked && unmarked == line {
		p.output(line)
		return
	}
	line = unmarked
	if m := switchLine.FindStringSubmatch(line); m != nil {
		if m[1] != "PAUSE" {
			p.current = p.test(m[2], m[1] == "RUN")
		}
		return
	}
	if m := resultLine.FindStringSubmatch(line); m != nil {
		if t := p.test(m[2], false); t != nil {
			t.status = map[string]Status{"PASS": Pass, "FAIL": Fail, "SKIP": Skip}[m[1]]
			p.current = t
		}
		return
	}
	p.output(line)
}

func (p *Parser) output(line string) {
	if p.current != nil {
		p.current.lines = append(p.current.lines, line)
	} else {
		p.loose = append(p.loose, line)
	}
}

// test finds a test that started; a name that was printed by something else
// finds none.
func (p *Parser) test(name string, started bool) *running {
	for _, t := range slices.Backward(p.tests) {
		if t.name == name {
			return t
		}
	}
	if !started {
		return nil
	}
	t := &running{name: name}
	p.tests = append(p.tests, t)
	return t
}

// End returns the tests, given the exit status. Of a test with subtests only
// these count, unless it failed and they did not. One that never ended has
// failed: the process panicked, ran out of time, or went down with its kernel.
func (p *Parser) End(exit int, died string) []Test {
	var tests []Test
	failed := false
	add := func(name string, status Status, lines []string) {
		t := Test{Package: p.pkg, Name: name, Status: status}
		switch status {
		case Skip:
			t.Reason = reason(lines)
		case Fail:
			failed = true
			t.Output = strings.Join(lines, "\n")
		}
		tests = append(tests, t)
	}
	for i, t := range p.tests {
		subtests := p.tests[i+1:]
		isSub := func(s *running) bool { return strings.HasPrefix(s.name, t.name+"/") }
		status := cmp.Or(t.status, Fail)
		if slices.ContainsFunc(subtests, isSub) {
			ownFailure := status == Fail && !slices.ContainsFunc(subtests, func(s *running) bool {
				return isSub(s) && cmp.Or(s.status, Fail) == Fail
			})
			if !ownFailure {
				continue
			}
		}
		lines := t.lines
		if t.status == "" {
			lines = append(slices.Clip(lines), strings.TrimSpace("(it did not end)\n"+died))
		}
		add(t.name, status, lines)
	}
	if died != "" && !failed {
		add("", Fail, append(p.loose, died))
	} else if exit != 0 && !failed {
		var last []string
		if p.current != nil {
			last = p.current.lines
		}
		add("", Fail, append(slices.Concat(p.loose, last), "(the process failed, none of its tests did)"))
	}
	return tests
}

var location = regexp.MustCompile(`^\s*\S+\.go:\d+: `)

// reason is the last message of a test that was skipped.
func reason(lines []string) string {
	for i, line := range slices.Backward(lines) {
		if at := location.FindString(line); at != "" {
			text := append([]string{line[len(at):]}, lines[i+1:]...)
			return strings.Join(strings.Fields(strings.Join(text, " ")), " ")
		}
	}
	return ""
}
