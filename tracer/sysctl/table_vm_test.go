// SPDX-License-Identifier: Apache-2.0

package sysctl

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// experiment finds out how each key behaves here: other values are set on the
// host, a namespace is made, and read.
func experiment(t *testing.T, host values) map[string]class {
	t.Helper()
	found, set := map[string]class{}, map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(host)) {
		switch v := host[key]; {
		case v.err != nil:
			found[key] = unreadable
		case !v.writable:
			found[key] = constant
		default:
			found[key] = unsettable
			if key == inheritKey {
				break // it has a say in others
			}
			set[key] = setOther(key, v.text)
		}
	}
	fresh, err := readNew()
	// Setting one can change another: forwarding does, accept_redirects.
	now, nowErr := readIn("/proc/1/ns/net")
	for key, done := range set {
		if !done {
			delete(set, key)
			continue
		}
		if err := os.WriteFile(filepath.Join(root, key), []byte(host[key].text), 0); err != nil {
			t.Logf("not set back: %v", err) // of some only larger values are taken
		}
	}
	if err = errors.Join(err, nowErr); err != nil {
		t.Fatal(err)
	}
	for key := range set {
		text := now[key].text
		switch v, there := fresh[key]; {
		case text == host[key].text:
			found[key] = unsettable
		case !there:
			found[key] = hostOnly
		case !v.writable:
			found[key] = sharedReadOnly
		case v.text == text:
			found[key] = inherits
		default:
			found[key] = resets
		}
	}
	return found
}

// setOther sets a key to another value and says whether it could.
func setOther(key, text string) bool {
	file := filepath.Join(root, key)
	for _, other := range others(text) {
		if err := os.WriteFile(file, []byte(other), 0); err != nil {
			continue
		}
		if data, err := os.ReadFile(file); err == nil && strings.Join(strings.Fields(string(data)), " ") != text {
			return true
		}
	}
	return false
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
	host, err := readIn("/proc/1/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	col := column(release())
	counts := map[class]int{}
	compared := 0
	fresh, err := readNew()
	if err != nil {
		t.Fatal(err)
	}
	behaves := experiment(t, host)
	for _, key := range slices.Sorted(maps.Keys(host)) {
		if _, _, _, ok := ofDevice(key); ok || key == inheritKey {
			continue
		}
		want, _ := classOf(key, col)
		if want == absentThen {
			t.Logf("not measured on %s: %s", measured[col], key)
			continue
		}
		got := behaves[key]
		counts[got]++
		compared++
		if !agree(got, want) {
			t.Errorf("%s: %c here, %c in the table of %s", key, got, want, measured[col])
		}
		f := host[key]
		if verdict, _ := judge(key, &f, fresh.get(key), want, host[inheritKey].text); !fits(verdict, got) {
			t.Errorf("%s: %v, but it is %c", key, verdict, got)
		}
	}
	t.Logf("%d keys compared with the table of %s: %v", compared, measured[col], summary(counts))
	if compared < 300 {
		t.Errorf("only %d keys: the test says little", compared)
	}
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
