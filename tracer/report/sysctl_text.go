// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/vethtrace/vethtrace/tracer/sysctl"
)

// WriteSysctl writes keys of a comparison for people, in ASCII: a table, and
// below it for each kind of verdict why it is so and where such a key is set.
// A width of 0 means no limit. The error is the writer's.
func WriteSysctl(w io.Writer, c *sysctl.Comparison, keys []sysctl.Key, width int) error {
	var b strings.Builder
	hang(&b, "", strings.Fields(sysctlHead(c)), 4, width)
	if c.ReadOnly != 0 {
		hang(&b, "", strings.Fields(fmt.Sprintf("/proc/sys is mounted read-only for process %d of the namespace, as in most containers: what runs in it cannot set anything, it has to be set from outside.", c.ReadOnly)), 4, width)
	}
	b.WriteByte('\n')
	writeSysctlTable(&b, c, keys, width)
	if hidden := len(c.Keys) - len(keys); hidden > 0 {
		b.WriteByte('\n')
		hang(&b, "", strings.Fields(fmt.Sprintf("%d more keys are not shown; '*' shows all, --diff what differs from the host.", hidden)), 4, width)
	}
	writeSysctlWhy(&b, c, keys, width)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing sysctls: %w", err)
	}
	return nil
}

func sysctlHead(c *sysctl.Comparison) string {
	what := "the host beside a new network namespace"
	if c.Netns != nil {
		what = "the host beside " + nsName(c.Netns.Inode, c.Netns.Name)
	}
	return fmt.Sprintf("%s; Linux %s, what cannot be observed was measured on %s", what, plain(c.Kernel), c.Measured)
}

// shownValue is a value in a table: "-" where there is no such key.
func shownValue(v *string) string {
	switch {
	case v == nil:
		return "-"
	case *v == "":
		return `""`
	}
	return plain(*v)
}

func writeSysctlTable(b *strings.Builder, c *sysctl.Comparison, keys []sysctl.Key, width int) {
	name := column{title: "SYSCTL", left: true}
	host := column{title: "host", least: 9}
	there := column{title: "namespace", least: 9}
	fresh := column{title: "new", least: 9, drop: 1}
	verdict := column{title: "verdict", left: true}
	note := column{title: "", left: true, drop: 2}
	for i := range keys {
		k := &keys[i]
		name.cells = append(name.cells, plain(k.Name))
		host.cells = append(host.cells, shownValue(k.Host))
		there.cells = append(there.cells, shownValue(k.Value))
		fresh.cells = append(fresh.cells, shownValue(k.New))
		verdict.cells = append(verdict.cells, sysctlVerdict(k))
		note.cells = append(note.cells, sysctlNote(k))
	}
	t := table{columns: []column{name, host}}
	if c.Netns != nil {
		t.columns = append(t.columns, there)
	}
	t.columns = append(t.columns, fresh, verdict, note)
	t.fit(width)
	t.print(b)
}

// sysctlVerdict is the verdict, and of a conditional one what it amounts to.
func sysctlVerdict(k *sysctl.Key) string {
	if k.Verdict == sysctl.Conditional {
		return k.Verdict.String() + ": " + k.Effect.String()
	}
	return k.Verdict.String()
}

// sysctlNote says what stands out.
func sysctlNote(k *sysctl.Key) string {
	switch {
	case k.Changed:
		return "set since"
	case k.Proof == sysctl.Contradicted:
		return "not as measured"
	case k.Differs():
		return "differs"
	}
	return ""
}
