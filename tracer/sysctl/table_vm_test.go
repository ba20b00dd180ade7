// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// experiment finds out how a key behaves here: another value is set on the host,
// a namespace is made, and read.
func experiment(key string, host value) (class, error) {
	file := filepath.Join(root, key)
	if host.err != nil {
		return unreadable, nil
	}
	if !host.writable {
		return constant, nil
	}
	for _, other := range others(host.text) {
		if err := os.WriteFile(file, []byte(other), 0); err != nil {
			continue
		}
		set, err := os.ReadFile(file)
		if err != nil || strings.Join(strings.Fields(string(set)), " ") == host.text {
			continue
		}
		fresh, err := readNew()
		back := os.WriteFile(file, []byte(host.text), 0)
		if err != nil {
			return 0, err
		}
		if back != nil {
			return 0, fmt.Errorf("setting %s back: %w", key, back)
		}
		after, there := fresh[key]
		switch {
		case !there:
			return hostOnly, nil
		case !after.writable:
			return sharedReadOnly, nil
		case after.text == host.text:
			return resets, nil
		case after.text == strings.Join(strings.Fields(string(set)), " "):
			return inherits, nil
		default:
			return resets, nil // to a value of its own
		}
	}
	return unsettable, nil
}

// others are values that a key with this one may accept.
func others(text string) []string {
	fields := strings.Fields(text)
	var all []string
	for i := range fields {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			continue
		}
		for _, d := range []int64{1, -1, 2, 1024} {
			changed := slices.Clone(fields)
			changed[i] = strconv.FormatInt(n+d, 10)
			all = append(all, strings.Join(changed, " "))
		}
	}
	if len(all) == 0 && len(fields) > 0 {
		all = append(all, "reno", fields[0])
	}
	return all
}

// agree says whether what a key does here is what the table has of it. Which
// values are accepted depends on the machine, and so does what can be told.
func agree(here, measured class) bool {
	switch {
	case here == measured:
		return true
	case here == unsettable || measured == unsettable || here == unreadable || measured == unreadable:
		return true
	case here == constant:
		return measured == constant || measured == hostOnly || measured == sharedReadOnly
	// Set on the host, and then seen in the namespace: both are.
	case here == inherits:
		return measured == shared
	}
	return false
}

// TestTableHoldsHere tries each key. It changes the machine's own settings for a
// moment, so it runs in emulated machines only.
func TestTableHoldsHere(t *testing.T) {
	if os.Getenv("VETHTRACE_VM") == "" || os.Geteuid() != 0 {
		t.Skip("sets each net sysctl of the machine for a moment: runs in emulated machines only")
	}
	// The kernel's own default, for the time of the test.
	host, err := readIn("/proc/1/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	col := column(release())
	counts := map[class]int{}
	compared := 0
	for _, key := range slices.Sorted(maps.Keys(host)) {
		if _, _, _, ok := ofDevice(key); ok || key == inheritKey {
			continue
		}
		want, _ := classOf(key, col)
		if want == absentThen {
			t.Logf("not measured on %s: %s", measured[col], key)
			continue
		}
		got, err := experiment(key, host[key])
		if err != nil {
			t.Fatal(err)
		}
		counts[got]++
		compared++
		if !agree(got, want) {
			t.Errorf("%s: %c here, %c in the table of %s", key, got, want, measured[col])
		}
		f := host[key]
		if verdict, _ := judge(key, &f, freshOf(t, key), want, host[inheritKey].text); !fits(verdict, got) {
			t.Errorf("%s: %v, but it is %c", key, verdict, got)
		}
	}
	t.Logf("%d keys compared with the table of %s: %v", compared, measured[col], summary(counts))
	if compared < 300 {
		t.Errorf("only %d keys: the test says little", compared)
	}
}

// once reads a new namespace once for the whole test.
var once values

func freshOf(t *testing.T, key string) *value {
	t.Helper()
	if once == nil {
		var err error
		if once, err = readNew(); err != nil {
			t.Fatal(err)
		}
	}
	return once.get(key)
}

// fits says whether a verdict is right about what the experiment showed.
func fits(v Verdict, here class) bool {
	switch here {
	case inherits:
		return v == Inherited || v == Conditional || v == Shared
	case resets:
		return v == Reset || v == Conditional
	case hostOnly:
		return v == HostOnly
	case sharedReadOnly:
		return v == Shared
	}
	return true
}

func summary(counts map[class]int) string {
	var words []string
	for _, c := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%c %d", c, counts[c]))
	}
	return strings.Join(words, ", ")
}

// TestConfSwitchHere tries the four settings of devconf_inherit_init_net.
func TestConfSwitchHere(t *testing.T) {
	if os.Getenv("VETHTRACE_VM") == "" || os.Geteuid() != 0 {
		t.Skip("sets net.core.devconf_inherit_init_net: runs in emulated machines only")
	}
	write := func(key, v string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, key), []byte(v), 0); err != nil {
			t.Fatal(err)
		}
	}
	keys := []string{
		"net/ipv4/conf/all/rp_filter", "net/ipv4/conf/default/arp_ignore", "net/ipv6/conf/all/forwarding",
		"net/ipv6/conf/default/hop_limit", "net/ipv6/conf/default/disable_ipv6",
	}
	host, err := readIn("/proc/1/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		write(key, others(host[key].text)[0])
		t.Cleanup(func() { write(key, host[key].text) })
	}
	t.Cleanup(func() { write(inheritKey, host[inheritKey].text) })
	set, err := readIn("/proc/1/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"0", "1", "2", "3"} {
		write(inheritKey, mode)
		fresh, err := readNew()
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			effect, _ := confEffect(key, mode)
			if inherited := fresh[key].text == set[key].text; inherited != (effect == Inherited) {
				t.Errorf("%s with %s: %q in a new namespace, %q on the host; said to be %v", key, mode, fresh[key].text, set[key].text, effect)
			}
		}
	}
}
