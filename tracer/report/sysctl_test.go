// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/vethtrace/vethtrace/tracer"
	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// testComparison has a key of each verdict.
func testComparison() *sysctl.Comparison {
	v := func(s string) *string { return &s }
	key := func(name string, host, value, fresh *string, verdict, effect sysctl.Verdict, proof sysctl.Proof, why string) sysctl.Key {
		return sysctl.Key{Name: name, Host: host, Value: value, New: fresh, Verdict: verdict, Effect: effect, Proof: proof, Since: "5.10 or before", Why: why}
	}
	const reset = "the kernel's default in each new namespace, whatever the host has (tcp_sk_init, net/ipv4/tcp_ipv4.c)"
	set := key("net.ipv4.tcp_keepalive_intvl", v("10"), v("30"), v("75"), sysctl.Reset, sysctl.Reset, sysctl.Observed, reset)
	set.Changed = true
	return &sysctl.Comparison{
		Kernel: "6.12.117", Measured: "6.12", InheritMode: "0", ReadOnly: 4711,
		Netns: &tracer.Netns{Inode: 4026532256, Name: "shop/web-0", Path: "/proc/4711/ns/net"},
		Keys: []sysctl.Key{
			key("net.core.netdev_max_backlog", v("1000"), nil, nil, sysctl.HostOnly, sysctl.HostOnly, sysctl.Observed, "one value for all namespaces, to be seen and set on the host only"),
			key("net.core.rmem_max", v("212992"), v("212992"), v("212992"), sysctl.Shared, sysctl.Shared, sysctl.Observed, "one value for all namespaces, set on the host only"),
			key("net.ipv4.conf.all.rp_filter", v("2"), v("0"), v("2"), sysctl.Conditional, sysctl.Inherited, sysctl.Measured, "copied from the host when the namespace is made, because net.core.devconf_inherit_init_net is 0"),
			key("net.ipv4.conf.eth0.rp_filter", nil, v("0"), nil, sysctl.OfDevice, sysctl.OfDevice, sysctl.Measured, "copied from the namespace's own conf/default when the device comes into it"),
			key("net.ipv4.tcp_available_ulp", v(""), v(""), v(""), sysctl.Constant, sysctl.Constant, sysctl.Observed, "cannot be set"),
			key("net.ipv4.tcp_congestion_control", v("bbr"), v("bbr"), v("bbr"), sysctl.Inherited, sysctl.Inherited, sysctl.Measured, "copied from the host when the namespace is made, then its own (tcp_sk_init, net/ipv4/tcp_ipv4.c)"),
			set,
			key("net.ipv4.tcp_keepalive_time", v("600"), v("7200"), v("7200"), sysctl.Reset, sysctl.Reset, sysctl.Observed, reset),
			{Name: "net.new", Host: v("1"), New: v("2"), Verdict: sysctl.Reset, Effect: sysctl.Reset, Proof: sysctl.Contradicted, Why: "the kernel's default"},
			{Name: "net.strange", Host: v("1"), Value: v("1"), New: v("1"), Why: "neither measured nor to be observed"},
		},
	}
}

func TestSysctlText(t *testing.T) {
	c := testComparison()
	for _, width := range []int{0, 80, 120} {
		var b bytes.Buffer
		if err := WriteSysctl(&b, c, c.Keys, width); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprintf("sysctl-%d.txt", width), b.Bytes())
	}
	c.Netns, c.ReadOnly = nil, 0
	var b bytes.Buffer
	if err := WriteSysctl(&b, c, c.Keys[:1], 80); err != nil {
		t.Fatal(err)
	}
	golden(t, "sysctl-new-80.txt", b.Bytes())
}

func TestSysctlSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(SysctlSchema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("sysctl_schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("sysctl_schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	c := testComparison()
	if err := WriteSysctlJSON(&b, c, c.Keys); err != nil {
		t.Fatal(err)
	}
	if err := validate(s, b.Bytes()); err != nil {
		t.Error(err)
	}
	for _, change := range []struct{ old, with string }{
		{`"type":"sysctl"`, `"type":"ns"`}, {`"verdict":"reset"`, `"verdict":"maybe"`}, {`"set_since":true`, `"set":true`}, {`"net.new"`, `"new"`},
	} {
		bad := strings.Replace(b.String(), change.old, change.with, 1)
		if bad == b.String() {
			t.Errorf("no %s in %s", change.old, bad)
		}
		if validate(s, []byte(bad)) == nil {
			t.Errorf("the schema allows %s", change.with)
		}
	}
}
