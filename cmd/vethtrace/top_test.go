// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vethtrace/vethtrace/lab"
)

// rowOf says whether a device has a row on the screen, with more than 0 hops a
// second. Only the end of its name is sure to be there.
func rowOf(text, netns string) bool {
	row := `(?m)^..\S*` + regexp.QuoteMeta(netns[len(netns)-5:]) + `/eth0 +(?:\S*/eth0 +)?([0-9.]+)k? `
	for _, m := range regexp.MustCompile(row).FindAllStringSubmatch(text, -1) {
		if rate, err := strconv.ParseFloat(m[1], 64); err == nil && rate > 0 {
			return true
		}
	}
	return false
}

// startTop shows a lab with traffic, and waits for it.
func startTop(t *testing.T, width, height int, env string) (*screen, *lab.Lab) {
	t.Helper()
	needTool(t, "tmux")
	l := quietLab(t)
	keepPinging(t, l)
	s := startScreen(t, width, height, env, "top", "-i", "200ms", "--netns", l.Ends[0].Netns)
	s.wantFunc("both devices have hops", func(text string) bool {
		return rowOf(text, l.Ends[0].Netns) && rowOf(text, l.Ends[1].Netns)
	})
	return s, l
}

func TestTopKeys(t *testing.T) {
	onAnyKernel(t)
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			s, l := startTop(t, size[0], size[1], "")
			a, b := l.Ends[0].IPv4.Addr().String(), l.Ends[1].IPv4.Addr().String()
			s.want("[1 Devices]")
			s.press("2")
			s.want("[2 CPUs]")
			s.want("share of hops by enqueue CPU")
			s.press("3")
			s.want("[3 Flows]")
			s.want(a + " -> " + b)
			s.press("/")
			s.want("filter: _")
			s.press("nosuchflow", "Enter")
			s.want("filter nosuchflow")
			s.wantNo(a + " -> " + b)
			s.press("Escape")
			s.want(a + " -> " + b)
			s.press("w")
			s.want("since start")
			s.press("w")
			s.wantNo("since start")
			s.press("?")
			s.want("next view")
			s.press("Escape")
			s.wantNo("next view")
			s.press("1")
			s.want("[1 Devices]")
			s.press("Enter")
			s.want("esc back")
			s.want("run by")
			s.press("Escape")
			s.wantNo("esc back")
			s.press("p")
			s.want("PAUSED since")
			s.press("p")
			s.wantNo("PAUSED")
			s.press("q")
			s.wantRestored(0)
		})
	}
}

func TestTopResized(t *testing.T) {
	onAnyKernel(t)
	s, l := startTop(t, 80, 24, "")
	s.resize(60, 20)
	s.want("terminal is 60x20; vethtrace top needs 80x24")
	s.wantNo("[1 Devices]")
	s.resize(120, 40)
	s.want("[1 Devices]")
	s.wantFunc("the device is back", func(text string) bool { return rowOf(text, l.Ends[1].Netns) })
	s.press("C-c")
	s.wantRestored(0)
}

// The first numbers come with the first refreshes.
func TestTopFirstNumbers(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "tmux")
	l := quietLab(t)
	keepPinging(t, l)
	s := startScreen(t, 80, 24, "", "top", "-i", "1s", "--netns", l.Ends[0].Netns)
	text := s.wantFunc("a device has hops", func(text string) bool { return rowOf(text, l.Ends[1].Netns) })
	m := regexp.MustCompile(` up ([0-9.]+m?s) `).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("the header has no age:\n%s", text)
	}
	// By top's own clock, so that a slow machine is not taken for it.
	if up, err := time.ParseDuration(m[1]); err != nil || up > 3*time.Second {
		t.Errorf("first numbers after %s, %v, want at most 3 refreshes of 1s:\n%s", m[1], err, text)
	}
}

func TestTopColours(t *testing.T) {
	onAnyKernel(t)
	escape := regexp.MustCompile(`\x1b\[[0-9;:]*m`)
	s, _ := startTop(t, 80, 24, "")
	if text := s.must("capture-pane", "-p", "-e"); !escape.MatchString(text) {
		t.Errorf("there are no colours to be turned off:\n%s", text)
	}
	s, _ = startTop(t, 80, 24, "NO_COLOR=1")
	if text := s.must("capture-pane", "-p", "-e"); escape.MatchString(text) {
		t.Errorf("NO_COLOR, and got %q", escape.FindAllString(text, -1))
	}
}

// What top cannot be shown on is told before anything is traced.
func TestTopNeedsTerminal(t *testing.T) {
	wantSentence(t, runCommandLine(t, "top"), exitFailure, "top needs a terminal")

	noInput := vethtrace(t, "top")
	p := newPTY(t, 80, 24)
	noInput.Stdout, noInput.Stderr = p.slave, p.slave
	status := finish(t, noInput).status
	wantSentence(t, output{status: status, stderr: p.text(t)}, exitFailure, "top needs a terminal")

	p = newPTY(t, 80, 24)
	dumb := p.attach(vethtrace(t, "top"))
	dumb.Env = append(dumb.Env, "TERM=dumb")
	status = finish(t, dumb).status
	wantSentence(t, output{status: status, stderr: p.text(t)}, exitFailure, "TERM=dumb")
}

// top goes on when what it shows goes away.
func TestTopDeviceGone(t *testing.T) {
	onAnyKernel(t)
	l := quietLab(t)
	stop := keepPinging(t, l)
	s := startScreen(t, 80, 24, "", "top", "-i", "200ms", "--netns", l.Ends[0].Netns)
	s.wantFunc("a device has hops", func(text string) bool { return rowOf(text, l.Ends[1].Netns) })
	stop()
	if got := runCommandLine(t, "lab", "down", "--name", l.Name); got.status != 0 {
		t.Fatal(got.stderr)
	}
	s.want("no hops in the last")
	s.press("q")
	s.wantRestored(0)
}

// demo on a terminal is top, and nothing after it.
func TestDemoOnTerminal(t *testing.T) {
	onAnyKernel(t)
	needTool(t, "tmux")
	before := hostLinks(t)
	s := startScreen(t, 80, 24, "", "demo")
	name := demoLab(s.vethtracePID())
	t.Cleanup(func() { lab.Down(name) })
	s.wantFunc("the demo lab has hops", func(text string) bool { return rowOf(text, "vethtrace-"+name+"-b") })
	s.press("q")
	s.wantRestored(0)
	if left := leftOf(t, name); left != nil {
		t.Errorf("there is %q", left)
	}
	if after := hostLinks(t); after != before {
		t.Errorf("links of the host were\n%sand are\n%s", before, after)
	}
}

// No command asks the terminal anything that it does not wait for itself: an
// answer nobody reads would be typed into the shell.
func TestTerminalIsNotAsked(t *testing.T) {
	p := newPTY(t, 80, 24)
	cmd := p.attach(vethtrace(t, "--version"))
	cmd.Env = append(cmd.Env, "TERM=xterm-256color")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	status := wait(t, cmd)
	text := p.text(t)
	if status != 0 || !strings.HasPrefix(text, "vethtrace version ") {
		t.Errorf("got exit status %d, %q", status, text)
	}
}
